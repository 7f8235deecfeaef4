# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The six checkpoints: which status follows from what was seen, and the one sentence of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition, Task
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import (
    CHECKPOINTS,
    Aftermath,
    Checkpoint,
    CheckpointStatus,
    checkpoints_of,
    judged_with,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.estimate import delivered, seconds_to_go
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    OutcomeName,
    PartitionRecovery,
    Recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import LogActivity
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import (
    KnownChange,
    SeenSetting,
    Target,
    WrittenSetting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import TaskHistory
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook, Work

DAY = 86_400
END = 1_795_651_200  # 2026-11-26
CHANGE = KnownChange("/b.json", "abc", "continue", "ann@host", END - 60.0, float(END))
TARGET = Target(final_state="RUNNING", change=CHANGE)
DELIVERY = Delivery({"a": "t", "b": "u"}, "type", record_field="zone", group_field="timezone")
BEFORE, AFTER = {"end": 1}, {"end": 2}


def part(
    zone: str = "PST",
    outcome: OutcomeName = "recovered",
    type: str = "a",
    *,
    moved: bool = True,
    behind: int | None = 0,
    due: bool = False,
    reason: str | None = None,
    runs: int = 0,
) -> PartitionRecovery:
    available = None if behind is None else END
    return PartitionRecovery(
        partition=Partition.of({"type": type, "timezone": zone}),
        outcome=outcome,
        is_final=outcome == "recovered",
        reason=reason,
        verdict="ok",
        before=BEFORE,
        now=AFTER if moved else BEFORE,
        delivered_to=None if behind is None else END - behind,
        work=Work(runs, is_due=due, available_to=available),
    )


DAILY = Outlook(step_seconds=DAY)


def recovery(*parts: PartitionRecovery, outcome: OutcomeName = "recovered", **others: Any) -> Recovery:
    state = others.pop("state", "RUNNING")
    connector = Connector("orders", "source", state, "w:1", (Task(0, others.pop("task", "RUNNING"), "w:1"),), {})
    reason = others.pop("reason", None)
    return Recovery(connector, outcome, True, reason, parts or (part(),), **others)


def found(
    of: Recovery, aftermath: Aftermath | None = None, target: Target = TARGET, to_go: int | None = None
) -> Mapping[str, Checkpoint]:
    checkpoints = checkpoints_of(target, of, aftermath or Aftermath(), DELIVERY, to_go)
    assert [one.checkpoint for one in checkpoints] == list(CHECKPOINTS)
    for one in checkpoints:
        assert one.status in get_args(CheckpointStatus)
        assert one.message.endswith(".")
        assert one.message == " ".join(one.message.split())
    return {one.checkpoint: one for one in checkpoints}


# Offsets that were lost


def test_the_offset_from_before_the_reset_fails_the_checkpoint_of_the_offsets() -> None:
    lost = replace(part(outcome="not_proven", reason="it has the old offset again"), is_reset_lost=True)
    one = found(recovery(lost, part("CET"), outcome="not_proven"))["offsets"]
    assert (one.status, one.message) == ("failed", "timezone=PST type=a: it has the old offset again.")


# Logs


def test_without_a_log_there_is_nothing_to_look_at_and_the_option_is_named() -> None:
    one = found(recovery())["logs"]
    assert (one.status, one.message) == (
        "not_looked_at",
        "No log of the workers is named: set connectops_worker_logs, or another source of logs.",
    )
    file = found(recovery(), Aftermath(log_problem="connect.log: it cannot be read"))["logs"]
    assert file.message == "connect.log: it cannot be read."
    broken = found(recovery(), Aftermath(log_problem="worker_log_command: kubectl ended with status 1"))["logs"]
    assert (broken.status, broken.message) == ("not_looked_at", "worker_log_command: kubectl ended with status 1.")


@pytest.mark.parametrize(
    ("log", "status", "words"),
    [
        (LogActivity(), "open", "no line about its polls since the change"),
        (
            LogActivity(lines=9, commits=2, records=60, committed_at=9),
            "passed",
            "No poll has failed since the change; 2 commits of 60 records.",
        ),
        (
            LogActivity(lines=9, commits=1, records=5, committed_at=9, failures=2, failed_at=3, timeouts=1),
            "passed",
            "2 failed polls and 1 timeout since the change, then 1 commit of 5 records.",
        ),
        (
            LogActivity(lines=9, progress=1, progress_at=9),
            "open",
            "Records were made since the change, but no commit of them was seen: read the logs again later.",
        ),
        (
            LogActivity(lines=9, progress=1, progress_at=9, failures=2, failed_at=3),
            "open",
            "2 failed polls and 0 timeouts since the change, then records were made, but no commit of them was seen",
        ),
        (
            LogActivity(lines=9, commits=1, committed_at=2, failures=2, failed_at=3),
            "failed",
            "no commit after the last of them",
        ),
    ],
)
def test_logs_pass_when_the_last_thing_they_tell_is_a_commit(log: LogActivity, status: str, words: str) -> None:
    one = found(recovery(), Aftermath(log=log))["logs"]
    assert one.status == status
    assert words in one.message


# Offsets


@pytest.mark.parametrize(
    ("of", "status", "words"),
    [
        (recovery(), "passed", "delivered up to 2026-11-26 or later."),
        (recovery(part(moved=False)), "passed", "has nothing to do until the next round"),
        (recovery(part(behind=None)), "passed", "until the next round."),
        (recovery(part(due=True, behind=DAY), outlook=DAILY), "passed", "delivered up to 2026-11-25 or later."),
        (
            recovery(part(due=True, behind=3 * DAY)),
            "open",
            "timezone=PST type=a is up to 3 d behind the available data; about 4 min to go.",
        ),
        (
            recovery(part(outcome="recovering", moved=False)),
            "open",
            "Nothing was stored since the change for timezone=PST type=a.",
        ),
        (
            recovery(part(outcome="not_recovered", moved=False, reason="the poll is blocked")),
            "failed",
            "Nothing was stored since the change for timezone=PST type=a: the poll is blocked.",
        ),
        (replace(recovery(), partitions=()), "open", "No offset is stored."),
        (recovery(outcome="not_verified", reason="it is PAUSED"), "not_looked_at", "It is PAUSED."),
    ],
)
def test_offsets_pass_when_all_have_moved_to_near_the_end_of_the_data(of: Recovery, status: str, words: str) -> None:
    one = found(of, to_go=230)["offsets"]
    assert one.status == status
    assert words in one.message


# Data


def arrived(topic: str = "t", markers: int = 0, **groups: int) -> Arrivals:
    return Arrivals(topic, sum(groups.values()) + markers, groups=Counter(groups), markers=markers)


def data(of: Recovery, *arrivals: Arrivals) -> Checkpoint:
    return found(of, Aftermath(arrivals=arrivals))["data"]


BOTH = (part("PST"), part("Cairo"))


@pytest.mark.parametrize(
    ("arrivals", "status", "message"),
    [
        ([arrived(PST=3, Cairo=4)], "passed", "7 new records in 1 topic (Cairo 4, PST 3)."),
        ([arrived(PST=3, Cairo=4), arrived("u")], "passed", "7 new records in 2 topics (Cairo 4, PST 3)."),
        # The records of another report type are no proof.
        (
            [arrived(PST=3), arrived("u", Cairo=4)],
            "failed",
            "7 new records in 2 topics, but none of Cairo in t, whose offset has moved: look for lost records.",
        ),
        # A marker names no timezone, so it may be that of the other one.
        (
            [arrived(markers=1, PST=3)],
            "passed",
            "3 new records in 1 topic and 1 empty marker (PST 3); none seen of Cairo.",
        ),
        (
            [arrived(PST=3)],
            "failed",
            "3 new records in 1 topic, but none of Cairo in t, whose offset has moved: look for lost records.",
        ),
        (
            [arrived()],
            "failed",
            "Offsets have moved, but no record has come into its topics since the change: look for lost records.",
        ),
        # So may a record that does not name its timezone.
        (
            [replace(arrived(PST=3), others=2)],
            "passed",
            "5 new records in 1 topic (PST 3); none seen of Cairo; 2 do not name their partition.",
        ),
        # What was not read, or is deleted already, proves no loss.
        (
            [replace(arrived(PST=3), is_cut=True)],
            "passed",
            "3 new records in 1 topic (PST 3); none seen of Cairo; not all of them were read.",
        ),
        ([replace(arrived(), lost=4)], "open", "No record has come into its topics since the change."),
        ([Arrivals("t", problem="It is denied.")], "not_looked_at", "It is denied."),
        # What could be read is reported.
        (
            [arrived(PST=3, Cairo=4), Arrivals("u", problem="u is denied.")],
            "open",
            "7 new records in 2 topics (Cairo 4, PST 3); not all of them were read: u is denied.",
        ),
    ],
)
def test_data_fails_when_an_offset_has_moved_and_nothing_of_it_has_come(
    arrivals: Sequence[Arrivals], status: str, message: str
) -> None:
    one = data(recovery(*BOTH), *arrivals)
    assert (one.status, one.message) == (status, message)


def test_nothing_has_come_of_what_has_not_moved() -> None:
    assert data(recovery(part(moved=False)), arrived()).status == "open"
    assert data(recovery(part("PST"), part("Cairo", moved=False)), arrived(PST=1)).status == "passed"


def test_without_kafka_no_data_is_looked_at() -> None:
    one = found(recovery())["data"]
    assert one.message == "Set connectops_kafka_bootstrap_servers, so that the topics can be read."


# Partitions


@pytest.mark.parametrize(
    ("of", "status", "message"),
    [
        (recovery(*BOTH), "passed", "All expected partitions have recovered (2)."),
        (
            recovery(part(), part("Cairo", "not_recovered", reason="Stripe refuses its API key")),
            "failed",
            "1 of 2 expected partitions have recovered; timezone=Cairo type=a: Stripe refuses its API key.",
        ),
        (
            recovery(part("PST", "recovering")),
            "open",
            "0 of 1 expected partitions have recovered; timezone=PST type=a: recovering.",
        ),
        (replace(recovery(), partitions=()), "open", "No partition is known yet."),
        (recovery(outcome="not_verified", reason="it is PAUSED"), "not_looked_at", "It is PAUSED."),
    ],
)
def test_every_expected_partition_must_have_recovered(of: Recovery, status: str, message: str) -> None:
    one = found(of)["partitions"]
    assert (one.status, one.message) == (status, message)


# Tasks


def history(starts: int = 0, generations: int = 0) -> TaskHistory:
    return TaskHistory("connect-status", starts, 0, END + 60.0 if starts else None, (), generations)


@pytest.mark.parametrize(
    ("aftermath", "status", "message"),
    [
        (
            Aftermath(history=history()),
            "passed",
            "No task was restarted since the change (the status topic; no rebalance seen).",
        ),
        (
            Aftermath(history=history(2, 3)),
            "open",
            "Tasks were started 2 times after the change, last at 2026-11-26 00:01Z (the status topic; 3 rebalances at least):",
        ),
        (
            Aftermath(log=LogActivity(lines=5, starts=1, generations={4, 5})),
            "open",
            "Tasks were started 1 time after the change (the logs; 1 rebalance at least): find out why.",
        ),
        # What the compacted topic has dropped, the log may still know.
        (
            Aftermath(log=LogActivity(lines=5, starts=1), history=history()),
            "open",
            "Tasks were started 1 time after the change",
        ),
        (Aftermath(log=LogActivity()), "not_looked_at", "Connect does not show restarts over REST"),
        (Aftermath(), "not_looked_at", "Connect does not show restarts over REST"),
    ],
)
def test_restarts_are_told_where_something_tells_them(aftermath: Aftermath, status: str, message: str) -> None:
    one = found(recovery(), aftermath)["tasks"]
    assert one.status == status
    assert one.message.startswith(message)


def test_a_failed_task_fails_whatever_else_is_known() -> None:
    assert found(recovery(task="FAILED"), Aftermath(history=history()))["tasks"].status == "failed"


def test_a_log_without_a_known_change_tells_no_restart() -> None:
    log = Aftermath(log=LogActivity(lines=5, starts=1))
    assert found(recovery(), log, Target(final_state="RUNNING"))["tasks"].status == "not_looked_at"


# Settings


def setting(value: str | None, key: str = "wait", after: str = "9") -> SeenSetting:
    return WrittenSetting(key, "1", after).seen_in({} if value is None else {key: value})


@pytest.mark.parametrize(
    ("settings", "status", "message"),
    [
        ((), "passed", "The change wrote no setting."),
        ((setting("9"),), "passed", "1 setting as written."),
        (
            (setting("9"), setting("x", "password", "********")),
            "passed",
            "1 setting as written; password is a secret and was not compared.",
        ),
        ((setting("10"),), "open", "wait no longer has the value that was written: ask who changed it since."),
        (
            (setting("10"), setting("10", "retries")),
            "open",
            "wait, retries no longer have the value that was written: ask who changed them since.",
        ),
        ((setting("1"),), "failed", "Its setting wait has its old value 1 again: a tool that manages the connector"),
    ],
)
def test_settings_must_be_as_written(settings: tuple[SeenSetting, ...], status: str, message: str) -> None:
    one = found(recovery(settings=settings))["settings"]
    assert one.status == status
    assert one.message.startswith(message)


def test_without_a_change_there_is_no_setting_to_compare() -> None:
    assert found(recovery(), target=Target())["settings"].status == "not_looked_at"


# Together


def test_a_failed_checkpoint_leaves_no_recovery_proven() -> None:
    checkpoints = [Checkpoint("data", "failed", "No record has come.")]
    one = judged_with(recovery(), checkpoints)
    assert (one.outcome, one.reason, one.is_good) == ("not_proven", "data: No record has come", False)
    for status in ("passed", "open", "not_looked_at"):
        assert judged_with(recovery(), [Checkpoint("data", status, "Any.")]).is_good
    worse = recovery(outcome="not_recovered", reason="it is stuck")
    assert judged_with(worse, checkpoints) is worse


# How long it may take


def watched(*parts: PartitionRecovery, usual: int | None = None) -> Recovery:
    work = {one.partition: one.work for one in parts if one.work is not None}
    return recovery(*parts, outlook=Outlook(work, 0, usual, DAY))


def test_the_measured_speed_gives_the_estimate() -> None:
    first = delivered(watched(part("PST", due=True, behind=6 * DAY), part("Cairo", due=True, behind=4 * DAY)))
    later = watched(part("PST", due=True, behind=4 * DAY), part("Cairo", due=True, behind=4 * DAY))
    # 2 days of data in 60 s, and 8 days are left.
    assert seconds_to_go(later, first, 60) == 240


def test_without_movement_earlier_report_runs_give_it() -> None:
    still = watched(part("PST", due=True, behind=DAY, runs=2), part("Cairo", due=True, behind=DAY, runs=1), usual=100)
    assert seconds_to_go(still, delivered(still), 60) == 300
    assert seconds_to_go(watched(part(due=True, behind=DAY, runs=2)), {}, 60) is None


def test_where_nothing_is_left_it_is_nothing() -> None:
    assert seconds_to_go(watched(part()), {}, 60) == 0
    unknown = replace(part(), work=None)
    assert seconds_to_go(watched(unknown), {}, 60) is None
