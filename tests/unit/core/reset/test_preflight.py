# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of the topics that a connector delivers to, before it is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import Cost
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import (
    Preflight,
    TargetTopic,
    preflight_of,
)

DAY = 86_400
TOPIC = TargetTopic("payouts", True, (TopicEnd("payouts", 0, 7),), "delete", 7 * DAY)
READ = replace(TOPIC, groups=("billing", "search"))


def costs(days: int = 0, rows: int = 0, size: int | None = None) -> dict[Partition, Cost]:
    twice = Cost(redelivered_seconds=days * DAY, redelivered_rows=rows, redelivered_bytes=size)
    return {Partition.of({"table": "a"}): twice, Partition.of({"table": "b"}): Cost()}


UNKNOWN_SIZE = "It is not known how many bytes are read twice"


@pytest.mark.parametrize(
    ("topic", "planned", "warnings"),
    [
        (TOPIC, costs(30), ["payouts keeps records for 7 d, and 30 d are read twice", UNKNOWN_SIZE]),
        (
            TOPIC,
            costs(7, size=5),
            ["About 5 B of reports are read twice, estimated from those of the last 14 days."],
        ),
        (
            replace(TOPIC, replicas=3),
            costs(1, size=3 * 1024**2),
            ["About 3.0 MiB of reports are read twice, estimated from those of the last 14 days."],
        ),
        (TOPIC, None, []),
        (replace(TOPIC, retention_seconds=None), costs(30), [UNKNOWN_SIZE]),
        (
            replace(TOPIC, retention_bytes=3 * 1024**3),
            costs(1),
            ["payouts keeps 3.0 GiB of each topic partition", UNKNOWN_SIZE],
        ),
        (replace(TOPIC, retention_bytes=3 * 1024**3), costs(), []),
        (
            READ,
            costs(2),
            [UNKNOWN_SIZE, "billing, search will see 2 d of data twice: check that repeated records do no harm there."],
        ),
        (READ, costs(0, 3), ["billing, search will see 3 rows twice"]),
        (READ, costs(), []),
        (READ, None, ["It is not known what is read twice"]),
        (
            replace(TOPIC, cleanup_policy="compact,delete"),
            costs(),
            ["payouts is compacted (cleanup.policy=compact,delete)"],
        ),
    ],
)
def test_a_warning_has_figures(topic: TargetTopic, planned: dict[Partition, Cost] | None, warnings: list[str]) -> None:
    found = preflight_of([topic], planned, needs_keyless=True).warnings
    assert len(found) == len(warnings), found
    for one, words in zip(found, warnings, strict=True):
        assert one.startswith(words)


def test_the_room_is_needed_on_every_replica() -> None:
    (found,) = preflight_of([replace(TOPIC, replicas=3)], costs(1, size=7)).warnings
    assert "and each of 3 replicas needs the room: check the brokers' disks and the quotas" in found


def test_a_compacted_topic_is_no_danger_to_records_with_keys() -> None:
    assert preflight_of([replace(TOPIC, cleanup_policy="compact")], costs()).warnings == ()


def test_a_person_reads_what_each_topic_keeps_and_who_reads_it() -> None:
    topics = [
        READ,
        replace(TOPIC, name="fees", retention_seconds=None, groups_omitted=2, records=4800, record_bytes=312),
        TargetTopic("new", False, (TopicEnd("new", 0, 0),)),
        replace(TOPIC, name="secret", cleanup_policy="", retention_seconds=None),
        replace(TOPIC, name="keyed", cleanup_policy="compact", retention_seconds=None),
    ]
    assert preflight_of(topics, None).lines()[:8] == [
        "",
        "  Topics it delivers to:",
        "    payouts: keeps records for 7 d, read by billing, search",
        "    fees: keeps records for ever, 4800 records of 312 B, no consumer group seen,",
        "      2 groups not looked at",
        "    new: does not exist yet",
        "    secret: its settings may not be read, no consumer group seen",
        "    keyed: compacted, no consumer group seen",
    ]
    assert Preflight().lines() == []


def test_the_ends_of_all_topics_go_into_the_backup() -> None:
    other = replace(TOPIC, name="new", ends=(TopicEnd("new", 0, 0),))
    assert preflight_of([TOPIC, other], None).ends == (TopicEnd("payouts", 0, 7), TopicEnd("new", 0, 0))
