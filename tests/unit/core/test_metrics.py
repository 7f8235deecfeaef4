# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics from facts: what is not known has no sample, and the number of series has a limit."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import (
    Family,
    Value,
    cluster_families,
    look_families,
    partition_label,
)
from unit.monitoring.facts import CAIRO, DAY, NEW_YORK, NOW, cluster_facts, verdict

Series = dict[tuple[str, ...], Value]


def series(families: list[Family]) -> dict[str, Series]:
    return {family.name: dict(family.samples) for family in families}


def found(most_partitions: int = 200) -> dict[str, Series]:
    return series(cluster_families("eu", cluster_facts(), most_partitions))


OF = ("eu", "reports")
LABEL_OF_CAIRO, LABEL_OF_NEW_YORK = partition_label(CAIRO), partition_label(NEW_YORK)


def test_a_partition_has_its_times_and_its_distance_to_the_available_data() -> None:
    metrics = found()
    cairo, new_york = (*OF, LABEL_OF_CAIRO), (*OF, LABEL_OF_NEW_YORK)
    assert metrics["connectops_partition_delivered_to_timestamp_seconds"][cairo] == NOW - 4 * DAY
    assert metrics["connectops_partition_behind_seconds"] == {cairo: 4 * DAY, new_york: 3 * DAY}
    assert metrics["connectops_partition_run_created_timestamp_seconds"] == {new_york: NOW - 60}
    assert metrics["connectops_partition_committed_timestamp_seconds"][cairo] == NOW - 4 * DAY
    assert set(metrics["connectops_partition_verdict_info"]) == {(*cairo, "blocked"), (*new_york, "stuck")}


def test_a_connector_has_its_verdict_among_all_and_what_was_measured() -> None:
    metrics = found()
    verdicts = metrics["connectops_connector_verdict"]
    assert {labels[1:] for labels, value in verdicts.items() if value} == {("reports", "stuck"), ("orders", "unknown")}
    assert len(verdicts) == 2 * 8
    assert metrics["connectops_connector_partitions"][(*OF, "blocked")] == 1
    for name, value in (("rounds_behind", 3), ("timeouts", 7), ("failed_runs", 2)):
        assert metrics[f"connectops_connector_{name}"] == {OF: value}, (
            "and nothing of the connector that was not asked about"
        )


def test_only_the_worst_partitions_have_series_of_their_own() -> None:
    metrics = found(most_partitions=1)
    assert set(metrics["connectops_partition_behind_seconds"]) == {(*OF, LABEL_OF_NEW_YORK)}
    assert metrics["connectops_connector_partitions_left_out"] == {OF: 1, ("eu", "orders"): 0}


def test_data_that_is_ahead_of_the_source_is_no_negative_distance() -> None:
    facts = cluster_facts()
    facts["connectors"]["reports"]["verdicts"] = [verdict(NEW_YORK, "ok", 0)]
    metrics = series(cluster_families("eu", facts, 10))
    assert list(metrics["connectops_partition_behind_seconds"].values()) == [0]


def test_the_look_itself_is_measured() -> None:
    metrics = series(look_families("eu", NOW, 1.5, has_succeeded=False))
    assert metrics["connectops_look_success"] == {("eu",): 0}
    assert metrics["connectops_look_timestamp_seconds"] == {("eu",): NOW}
    assert metrics["connectops_look_duration_seconds"] == {("eu",): 1.5}


def test_long_partitions_stay_apart_and_the_order_of_fields_does_not_matter() -> None:
    assert partition_label({"b": 1, "a": "x"}) == partition_label({"a": "x", "b": 1}) == '{"a":"x","b":1}'
    long, other = ({"table": "t" * 300 + end} for end in "ab")
    assert partition_label(long) != partition_label(other)
    assert len(partition_label(long)) < 220
