# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen at Stripe, as JSON: how far its data goes, and how long report runs took. Times are epoch seconds."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation

# Enough to see how long they take; an account has thousands.
_MOST_RUNS = 20


def seen_data(situation: Situation) -> dict[str, Any]:
    """For each partition, in the order of the walk, the end of Stripe's data and the newest report runs."""
    available, runs = [], []
    for partition in situation.partitions:
        stripe = situation.stripe[partition]
        named = {"partition": situation.source_of(partition).as_dict()}
        available.append({**named, "available_to": stripe.available_to, "stripe_asked": stripe.asked})
        for run in (situation.evidence.runs_of(partition) or ())[:_MOST_RUNS]:
            runs.append({**named, "created": run.created, "status": run.status, "seconds": run.took_seconds})
    return {"available": available, "report_runs": runs}
