# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run over several clusters: one screen, the worst first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import report_of_kind
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.run import run_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.fleet_text import fleet_lines


def cluster(label: str, **verdicts: str) -> Found:
    connectors: dict[str, Any] = {
        name: {
            "verdict": verdict,
            "state": "RUNNING",
            "verdicts": [
                {"partition": {"table": "t"}, "verdict": verdict, "reasons": [{"message": "why it is so, " * 10}]}
            ],
        }
        for name, verdict in verdicts.items()
    }
    counts = dict.fromkeys(verdicts.values(), 50)
    return Found(label, offsets={"read_at": 1.0, "verdict": "ok", "counts": counts, "connectors": connectors})


def lines(*found: Found) -> list[str]:
    partitions: Counter[str] = Counter()
    for one in found:
        partitions.update(one.offsets.get("counts") or {})
    whole, short = (
        run_report("identify", iter(found), report_of_kind, made_at=0, run_by="me", is_preview=False, in_short=in_short)
        for in_short in (False, True)
    )
    shown = fleet_lines(whole, partitions)
    assert fleet_lines(short, partitions) == shown
    return shown


def test_of_two_hundred_clusters_the_ten_worst_are_shown_on_one_screen() -> None:
    fleet = [cluster(f"eu-{number:03}", orders="ok", bills="late" if number % 2 else "ok") for number in range(197)]
    shown = lines(
        *fleet, cluster("us-1", orders="stuck"), Found("us-2", problem="Not reached."), cluster("us-3", a="blocked")
    )
    assert len(shown) <= 24
    assert max(map(len, shown)) <= 80
    assert shown[0] == "200 clusters: 1 failed, 1 stuck, 1 blocked, 98 late, 99 ok."
    assert shown[1:3] == [
        "  connectors: 1 stuck, 1 blocked, 98 late, 296 ok",
        "  partitions: 50 stuck, 50 blocked, 4900 late, 9850 ok",
    ]
    worst = [line.split()[0] for line in shown[4:14]]
    assert worst[:3] == ["us-2", "us-1", "us-3"]
    assert worst[3:] == [f"eu-{number:03}" for number in range(1, 14, 2)]
    assert "Not reached." in shown[4]
    assert " ".join(shown[14:]).split()[:3] == ["and", "91", "more."]


def test_of_a_cluster_that_failed_the_reason_of_the_failure_is_shown_and_not_that_of_the_verdict() -> None:
    failed = replace(cluster("eu", orders="stuck"), problem="Kafka Connect cannot be reached.")
    shown = lines(failed, cluster("us", orders="stuck"))
    assert "  eu  orders  stuck  Kafka Connect cannot be reached." in shown
    assert any(line.startswith("  us  orders  stuck  why it is so, ") for line in shown)


def test_partitions_that_were_judged_before_a_change_are_told_as_such() -> None:
    for playbook, is_preview, words in (
        ("recover", False, "  partitions before: 50 stuck"),
        ("recover", True, "  partitions: 50 stuck"),
        ("identify", False, "  partitions: 50 stuck"),
    ):
        found = iter([cluster("eu", a="stuck"), cluster("us")])
        run = run_report(playbook, found, report_of_kind, made_at=0, run_by="me", is_preview=is_preview)
        assert words in fleet_lines(run, {"stuck": 50})


def test_a_fleet_that_is_well_takes_three_lines_and_one_cluster_none() -> None:
    fleet = cluster("eu", orders="ok"), cluster("us", orders="ok")
    assert lines(*fleet) == ["2 clusters: 2 ok.", "  connectors: 2 ok", "  partitions: 100 ok", ""]
    assert lines(fleet[0]) == []
