# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a cluster with a stuck connector and one without offsets, as connect_offsets_facts returns them."""

from __future__ import annotations

from typing import Any

NOW = 1_795_000_000
DAY = 86_400
CAIRO, NEW_YORK = (
    {"report_type": "balance.summary.1", "timezone": zone} for zone in ("Africa/Cairo", "America/New_York")
)


def verdict(partition: dict[str, str], name: str, days: int) -> dict[str, Any]:
    """A verdict on a partition whose delivered data ends this number of days ago."""
    return {
        "partition": partition,
        "verdict": name,
        "reasons": [],
        "delivered_to": NOW - days * DAY,
        "committed_at": float(NOW - days * DAY),
    }


def cluster_facts() -> dict[str, Any]:
    return {
        "read_at": float(NOW),
        "connectors": {
            "reports": {
                "verdict": "stuck",
                "counts": {"stuck": 1, "blocked": 1},
                "rounds_behind": 3,
                "verdicts": [verdict(CAIRO, "blocked", 4), verdict(NEW_YORK, "stuck", 4)],
                "measures": {
                    "failed_runs": 2,
                    "timeouts": 7,
                    "partitions": [
                        {"partition": CAIRO, "available_to": NOW, "run_created": None},
                        {"partition": NEW_YORK, "available_to": NOW - DAY, "run_created": NOW - 60},
                    ],
                },
            },
            "orders": {"verdict": "unknown", "counts": {}, "verdicts": []},
        },
    }
