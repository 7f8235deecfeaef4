# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures at the head of a cluster's page: what they count, and how good they look."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.figures import figures
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    ConnectorReport,
    PartitionReport,
    SettingReport,
)


def shown(*connectors: ConnectorReport, read_at: int | None = None) -> dict[str, tuple[str, str]]:
    cluster = ClusterReport("eu", "ok", read_at=read_at, connectors=connectors)
    return {one.label: (one.value, one.tone) for one in figures(cluster)}


def part(verdict: Any = "ok", **more: Any) -> PartitionReport:
    return PartitionReport("p", {}, verdict, **more)


def connector(*parts: PartitionReport, outcome: Any = "ok", **more: Any) -> ConnectorReport:
    return ConnectorReport("c", outcome, partitions=parts, **more)


def test_nothing_is_counted_that_was_not_read() -> None:
    assert shown(connector(part("stuck"))) == {}
    assert shown(connector(part(), part("stuck")), read_at=1) == {"stuck partitions found": ("1 of 2", "bad")}
    assert shown(connector(part()), read_at=1) == {"stuck partitions found": ("0 of 1", "good")}


def test_only_partitions_that_somebody_waited_for_count_as_recovered_or_not() -> None:
    parts = part(outcome="recovered"), part(outcome="not_proven"), part()
    assert shown(connector(*parts))["recovered"] == ("1 of 2", "bad")
    assert shown(connector(parts[0], parts[2]))["recovered"] == ("1 of 1", "good")


def test_what_a_plan_changes_is_told_of_the_connectors_with_one_alone() -> None:
    setting = SettingReport("a", "1", "2")
    planned = connector(
        part(changed=True), part(), outcome="planned", plan_id="1", settings=(setting,), understood=True
    )
    other = connector(part(changed=True, lost_rows=7))
    assert shown(planned, other) == {
        "to change": ("1 setting, 1 offset", "calm"),
        "data skipped": ("nothing", "good"),
        "read twice": ("nothing", "good"),
    }


def test_one_connector_that_was_changed_makes_it_no_preview() -> None:
    planned = connector(outcome="planned", plan_id="1")
    assert list(shown(planned, planned)) == ["to change"]
    assert list(shown(planned, connector(outcome="recovered", plan_id="2"))) == ["changed"]


def test_what_is_lost_and_what_comes_twice_are_sums_with_their_tones() -> None:
    parts = (
        part(skipped=((0, 3600), (7200, 10_800)), redelivered_seconds=60),
        part(lost_rows=1, redelivered_rows=2, redelivered_seconds=60),
    )
    found = shown(connector(*parts, outcome="recovered", plan_id="1", understood=True))
    assert found["changed"] == ("0 settings, 0 offsets", "calm")
    assert found["data skipped"] == ("2 h and 1 row", "bad")
    assert found["read twice"] == ("2 min and 2 rows", "doubtful")


def test_of_offsets_that_nobody_understands_no_loss_and_no_repetition_is_told() -> None:
    parts = part(skipped=((0, 3600),))
    assert set(shown(connector(parts, plan_id="1"))) == {"changed"}
