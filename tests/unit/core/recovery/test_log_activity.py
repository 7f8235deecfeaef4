# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker's log says of a connector since a change, in the words of real workers."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import (
    LogActivity,
    read_activity,
)

NOON = 1_795_694_400.0  # 2026-11-26 12:00Z
STRIPE = Delivery(
    progress=r"Generated \d+ SourceRecords", failure="Error while polling", timeout=r"did not complete within \d+ ms"
)
NAME = "orders"


def line(seconds: float, message: str, level: str = "INFO", name: str | None = NAME) -> str:
    moment = datetime.fromtimestamp(NOON + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    context = "" if name is None else f"[{name}|task-0] "
    return f"[{moment}] {level} {context}{message} (org.apache.kafka.Any)"


def started(seconds: float, name: str = NAME) -> str:
    return line(seconds, f"WorkerSourceTask{{id={name}-0}} Source task finished initialization and start", name=name)


def committed(seconds: float, records: int = 5, name: str = NAME) -> str:
    return line(
        seconds, f"WorkerSourceTask{{id={name}-0}} Committing offsets for {records} acknowledged messages", name=name
    )


def generated(seconds: float) -> str:
    return line(seconds, "Generated 44 SourceRecords for report type: a and timezone: PST (report run: frr_1)")


def failed(seconds: float) -> tuple[str, str, str]:
    words = "org.apache.kafka.connect.errors.ConnectException: Report run frr_1 did not complete within 200 ms"
    return line(seconds, "Error while polling", "ERROR"), words, "\tat a.b.C.poll(C.java:1)"


def joined(seconds: float, generation: int) -> str:
    return line(
        seconds, f"[Worker clientId=w] Joined group at generation {generation} with protocol version 2", name=None
    )


def read(*lines: str, since: float | None = NOON, delivery: Delivery = STRIPE) -> LogActivity:
    return read_activity(lines, NAME, delivery, since)


def test_what_is_older_than_the_change_does_not_count() -> None:
    found = read(*failed(-100), committed(-99), *failed(-1), generated(1), committed(2, 44))
    assert (found.failures, found.timeouts, found.commits, found.records, found.progress) == (0, 0, 1, 44, 1)
    assert (found.begins_at, found.ends_at) == (NOON + 1, NOON + 2)


def test_the_start_that_belongs_to_the_change_is_where_it_begins_and_no_restart() -> None:
    # Clocks of two machines differ by a little.
    found = read(*failed(-5), started(-2), generated(-1), *failed(20), started(30), started(40))
    assert (found.progress, found.failures, found.timeouts, found.starts) == (1, 1, 1, 2)


def test_the_start_of_the_change_may_take_longer_and_the_next_one_is_a_restart() -> None:
    """The return is noted before the resume, and a rebalance may come in between."""
    found = read(*failed(5), started(25), committed(30))
    assert (found.failures, found.commits, found.starts) == (0, 1, 0)
    assert read(started(25), started(40)).starts == 1
    assert read(started(1), started(25)).starts == 1
    assert read(started(601)).starts == 1


def test_each_task_starts_once_because_of_the_change() -> None:
    second = started(25).replace("-0}", "-1}").replace("task-0", "task-1")
    found = read(started(1), *failed(5), second)
    assert (found.failures, found.starts) == (1, 0)
    assert read(started(1), second, second).starts == 1
    bare = [text.replace("[orders|task-0] ", "") for text in (started(1), second)]
    assert read(*bare).starts == 0


def test_lines_without_moments_count_from_the_last_start() -> None:
    bare = [text.partition("] ")[2] for text in (*failed(0)[:1], started(1), generated(2), committed(3))]
    found = read(*bare)
    assert (found.failures, found.progress, found.commits, found.starts) == (0, 1, 1, 0)
    assert (found.begins_at, found.ends_at) == (None, None)


def test_other_connectors_do_not_count() -> None:
    found = read(committed(1, name="items"), started(20, name="items"), committed(30))
    assert (found.commits, found.starts) == (1, 0)


def test_a_commit_of_nothing_is_none() -> None:
    assert read(committed(1, 0)).commits == 0


def test_rebalances_are_new_generations_whichever_worker_tells_of_them() -> None:
    assert read(joined(1, 4), joined(1, 4), joined(5, 5), joined(6, 7)).rebalances == 2
    assert read(joined(1, 4)).rebalances == 0


@pytest.mark.parametrize(
    ("lines", "moves"),
    [
        ((committed(1),), True),
        # Records that were made and not committed prove nothing.
        ((generated(1),), False),
        ((*failed(1), committed(2)), True),
        ((committed(1), *failed(2)), False),
        # Records that were made before a poll failed are no proof that they were delivered.
        ((*failed(1), committed(2), *failed(3), generated(4)), False),
        ((generated(1), *failed(2)), False),
        ((), False),
    ],
)
def test_it_moves_when_a_commit_came_last(lines: tuple[str, ...], moves: bool) -> None:
    assert read(*lines).is_moving is moves


def test_a_class_whose_lines_are_not_known_is_judged_by_errors_and_commits() -> None:
    found = read(line(1, "cannot connect", "ERROR"), committed(2), delivery=Delivery())
    assert (found.failures, found.timeouts, found.commits, found.is_moving) == (1, 0, 1, True)


def test_a_line_with_a_number_of_thousands_of_digits_is_passed_over() -> None:
    whole = read(started(1), committed(2), joined(3, 7))
    odd = "9" * 5000
    lines = [committed(2).replace(" 5 ", f" {odd} "), joined(3, 7).replace(" 7 ", f" {odd} ")]
    found = read(started(1), committed(2), joined(3, 7), *lines)
    assert (found.records, found.generations) == (whole.records, whole.generations)
