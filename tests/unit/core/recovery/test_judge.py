# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a connector counts as recovered: what was seen of it, and what the change wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    Recovery,
    Seen,
    judge_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import (
    KnownChange,
    Target,
    WrittenSetting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.text import (
    final_sentence,
    progress_line,
    recovery_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.wait import seconds_to_wait
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook, Work
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Reason,
    Verdict,
    VerdictName,
)

NOW = 1_795_413_600
ORDERS = Partition.of({"table": "orders"})
ITEMS = Partition.of({"table": "items"})
USERS = Partition.of({"table": "users"})
WAIT = "stripe.report.max.wait.ms"
OLD, NEW = "300000", "3600000"
DUE, DONE = Work(1, is_due=True), Work(0, is_due=False)
HOLDER = Holder("host-2", 7, "ann")
WROTE: dict[Partition, Offset | None] = {ORDERS: {"id": 5}}
RESET = Target(
    final_state="RUNNING",
    settings=(WrittenSetting(WAIT, OLD, NEW),),
    offsets=WROTE,
    baseline={ORDERS: {"id": 5}},
)


def connector(
    offset: Offset | None = None,
    *,
    state: str = "RUNNING",
    task: str | None = "RUNNING",
    wait: str = NEW,
    **others: Any,
) -> Connector:
    stored = () if offset is None else (StoredOffset(ORDERS, offset),)
    tasks = () if task is None else (Task(0, task, "connect-1:8083", trace="java.io.IOException: full"),)
    return Connector("orders", "source", state, "connect-1:8083", tasks, {WAIT: wait}, stored, **others)


def judged(
    seen: Connector,
    verdict: VerdictName | None = "ok",
    work: Work | None = DUE,
    target: Target = RESET,
    *,
    codes: tuple[str, ...] = (),
    is_over: bool = False,
) -> Recovery:
    reasons = tuple(Reason(code, f"because of {code}") for code in codes)
    verdicts = () if verdict is None else (Verdict(ORDERS, verdict, reasons),)
    outlook = None if work is None else Outlook({ORDERS: work}, 100, 60)
    return judge_recovery(target, Seen(seen, verdicts, outlook), now=NOW, is_over=is_over)


WRITTEN, MOVED = {"id": 5}, {"id": 8}


@pytest.mark.parametrize(
    ("offset", "verdict", "work", "codes", "waiting", "in_the_end"),
    [
        # What the change wrote is no commit of the connector's.
        (WRITTEN, "ok", DUE, (), "recovering", "recovering"),
        (WRITTEN, "late", DUE, (), "recovering", "recovering"),
        (WRITTEN, "stuck", DUE, ("rounds_missed",), "recovering", "not_recovered"),
        (WRITTEN, "blocked", DUE, ("waits_behind",), "recovering", "not_recovered"),
        (WRITTEN, "unknown", DUE, ("clock_doubtful",), "recovering", "not_proven"),
        # Where it is not known what is to come, silence proves nothing.
        (WRITTEN, "ok", None, (), "recovering", "not_proven"),
        (WRITTEN, "unknown", None, ("commit_time_unknown",), "recovering", "not_proven"),
        (WRITTEN, None, None, (), "recovering", "not_proven"),
        # A type that differs is another offset.
        ({"id": 5.0}, "ok", None, (), "recovered", "recovered"),
        (MOVED, "ok", DUE, (), "recovered", "recovered"),
        (MOVED, "late", DUE, ("interval_end_old",), "recovered", "recovered"),
        (MOVED, "ok", None, (), "recovered", "recovered"),
        (MOVED, "stuck", DUE, ("run_too_old",), "recovering", "recovering"),
        # A commit answers what only a commit could show, and nothing else.
        (MOVED, "unknown", None, ("commit_time_unknown",), "recovered", "recovered"),
        (MOVED, "unknown", None, ("commit_time_unknown", "clock_doubtful"), "not_proven", "not_proven"),
        (MOVED, None, None, (), "recovered", "recovered"),
        # Nothing to do until the next round.
        (WRITTEN, "ok", DONE, (), "recovered", "recovered"),
        (WRITTEN, "unknown", DONE, ("clock_doubtful",), "recovering", "not_proven"),
        (WRITTEN, "stuck", DONE, ("done_in_memory",), "recovering", "not_recovered"),
        # A deleted offset that has not come back.
        (None, "missing", DUE, ("no_offset",), "recovering", "recovering"),
    ],
)
def test_the_outcome_follows_from_offset_verdict_and_work(
    offset: Offset | None,
    verdict: VerdictName | None,
    work: Work | None,
    codes: tuple[str, ...],
    waiting: str,
    in_the_end: str,
) -> None:
    seen = connector(offset)
    assert judged(seen, verdict, work, codes=codes).outcome == waiting
    ended = judged(seen, verdict, work, codes=codes, is_over=True)
    assert ended.outcome == in_the_end
    assert ended.is_good or ended.partitions[0].reason
    assert [one.moved_by for one in ended.partitions] == [{"id": 3} if offset is MOVED else {}]


@pytest.mark.parametrize(
    ("before", "written", "now", "is_lost"),
    [
        ({"id": 5}, {"id": 100}, {"id": 5}, True),
        ({"id": 5, "done": True}, {"id": 100, "done": True}, {"id": 5, "done": True}, True),
        ({"at": "a"}, {"at": "b"}, {"at": "a"}, True),
        # Set back, it has read up to the old end once more.
        ({"id": 100}, {"id": 5}, {"id": 100}, False),
        ({"id": 5, "done": True}, {"id": 5, "done": False}, {"id": 5, "done": True}, False),
        ({"id": 100}, None, {"id": 100}, False),
        ({"id": 5}, {"id": 100}, {"id": 6}, False),
        ({"id": 5}, {"id": 100}, {"id": 101}, False),
        (None, {"id": 100}, {"id": 5}, False),
    ],
)
def test_the_offset_from_before_the_reset_is_no_progress(
    before: Offset | None, written: Offset | None, now: Offset, is_lost: bool
) -> None:
    offsets = {} if before is None else {ORDERS: before}
    baseline = {} if written is None else {ORDERS: written}
    target = replace(
        RESET, offsets={ORDERS: written}, baseline=baseline, change=replace(ENDED, offsets=offsets), settings=()
    )
    seen = replace(connector(), offsets=(StoredOffset(ORDERS, now, 2000.0),))
    waiting, ended = judged(seen, target=target), judged(seen, target=target, is_over=True)
    if is_lost:
        assert (waiting.outcome, waiting.is_final, ended.outcome) == ("recovering", False, "not_proven")
        assert "has the offset from before the change again" in str(ended.partitions[0].reason)
        assert judged(seen, "stuck", target=target, is_over=True).outcome == "not_recovered"
    else:
        assert (waiting.outcome, ended.outcome) == ("recovered", "recovered")
    assert ended.partitions[0].has_moved is not is_lost


ENDED = KnownChange("b.json", "p", "offset", "somebody", taken_at=1000.0, returned_at=1010.0)


@pytest.mark.parametrize(
    ("committed_at", "change", "reset_at", "outcome"),
    [
        (1071.0, ENDED, None, "recovered"),
        # As early as this, clocks that differ may show the change's own write.
        (1069.0, ENDED, None, "not_proven"),
        (None, ENDED, None, "not_proven"),
        (1071.0, ENDED, 1005.0, "not_proven"),
        (1071.0, None, None, "not_proven"),
        # When the change ended was not noted.
        (1071.0, replace(ENDED, returned_at=1000.0), None, "not_proven"),
    ],
)
def test_an_offset_that_never_changes_shows_by_its_commit_that_it_is_stored(
    committed_at: float | None, change: KnownChange | None, reset_at: float | None, outcome: str
) -> None:
    """As that of MirrorMaker's heartbeats, which is always 0."""
    seen = replace(connector(), offsets=(StoredOffset(ORDERS, WRITTEN, committed_at, reset_at),))
    found = judged(seen, "ok", None, replace(RESET, change=change), is_over=True)
    assert found.outcome == outcome
    lines = " ".join(recovery_lines("eu-1", found))
    assert ("stored again" in lines) == (outcome == "recovered")


def test_what_never_comes_is_named_and_not_waited_for() -> None:
    refused = Work(0, is_due=True, never="Stripe refuses its API key, so the task drops it")
    found = judged(connector(WRITTEN), "stuck", refused)
    assert (found.outcome, found.is_final) == ("not_recovered", True)
    assert found.partitions[0].reason == refused.never
    # As long as another one may still come, it is waited for.
    others = Seen(
        connector(WRITTEN),
        [Verdict(ORDERS, "stuck", ()), Verdict(ITEMS, "late", ())],
        Outlook({ORDERS: refused, ITEMS: DUE}),
    )
    both = judge_recovery(RESET, others, now=NOW, is_over=False)
    assert (both.outcome, both.is_final) == ("not_recovered", False)


@pytest.mark.parametrize("offset", [WRITTEN, MOVED])
def test_a_setting_that_was_put_back_is_no_recovery(offset: Offset) -> None:
    found = judged(connector(offset, wait=OLD))
    assert (found.outcome, found.is_final) == ("not_recovered", True)
    assert "Strimzi" in str(found.reason)
    assert f"{WAIT} has its old value 300000 (5 min) again" in str(found.reason)
    assert found.settings[0].found == "old_value"


@pytest.mark.parametrize(
    ("seen", "target", "outcome", "words"),
    [
        (connector(MOVED, task="FAILED"), RESET, "not_recovered", "task 0 is FAILED, java.io.IOException: full"),
        (connector(MOVED, state="PAUSED", task="PAUSED"), RESET, "not_recovered", "although the change resumed it"),
        (
            connector(WRITTEN, state="PAUSED", task="PAUSED"),
            replace(RESET, final_state="PAUSED"),
            "not_verified",
            "it is PAUSED",
        ),
        (connector(WRITTEN, state="STOPPED", task=None), Target(), "not_verified", "it is STOPPED"),
        (connector(MOVED), Target(failure="refused"), "not_verified", "its change failed"),
        (replace(connector(), type="sink"), Target(), "not_verified", "sink"),
    ],
)
def test_some_states_are_not_waited_in(seen: Connector, target: Target, outcome: str, words: str) -> None:
    found = judged(seen, target=target)
    assert (found.outcome, found.is_final) == (outcome, True)
    assert words in str(found.reason)


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED"])
@pytest.mark.parametrize("target", [RESET, Target()])
@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (
            Hold("id", "abc123", "RUNNING", HOLDER, NOW - 90, NOW - 1).as_text(),
            "a change of it (plan abc123 of ann on host-2",
        ),
        (Hold("id", "abc123", "RUNNING", HOLDER, NOW - 90, NOW).as_text(), "another run is changing it, plan abc123"),
        ("{", "its setting connectops.recovery.hold says that a run is changing it, but cannot be read: find out who"),
    ],
)
def test_a_connector_with_the_mark_of_a_run_is_not_proven_wherever_its_backup_is(
    state: str, target: Target, mark: str, words: str
) -> None:
    task = "RUNNING" if state == "RUNNING" else None
    found = judged(connector(MOVED, state=state, task=task, hold_text=mark), target=target)
    assert (found.outcome, found.is_final) == ("not_proven", True)
    assert str(found.reason).startswith(words)


def test_a_stopped_connector_whose_last_change_cannot_be_read_is_not_proven() -> None:
    unknown = Target(is_unknown=True, baseline={ORDERS: WRITTEN})
    found = judged(connector(MOVED, state="STOPPED", task=None), target=unknown)
    assert (found.outcome, found.is_final) == ("not_proven", True)
    assert judged(connector(MOVED, state="PAUSED", task="PAUSED"), target=unknown).outcome == "not_verified"
    assert judged(connector(MOVED), target=unknown).outcome == "recovered"


@pytest.mark.parametrize(
    ("seen", "in_the_end"),
    [
        (connector(MOVED, task=None), "not_recovered"),
        (connector(MOVED, task="UNASSIGNED"), "not_recovered"),
        (connector(MOVED, state="UNKNOWN"), "not_proven"),
        (connector(MOVED, problem="its plugin is missing."), "not_proven"),
    ],
)
def test_a_connector_that_may_still_start_is_waited_for(seen: Connector, in_the_end: str) -> None:
    waiting = judged(seen)
    assert (waiting.outcome, waiting.is_final) == ("recovering", False)
    assert judged(seen, is_over=True).outcome == in_the_end


def test_without_a_reset_only_what_moves_while_it_is_watched_counts() -> None:
    first = Target(baseline={ORDERS: {"id": 8}})
    assert judged(connector(MOVED), work=None, target=first, is_over=True).outcome == "not_proven"
    assert judged(connector({"id": 9}), work=None, target=first).outcome == "recovered"


def test_a_reset_that_changed_nothing_needs_no_commit() -> None:
    nothing = Target(final_state="RUNNING", changed_nothing=True, baseline={ORDERS: {"id": 8}})
    assert judged(connector(MOVED), work=None, target=nothing).outcome == "recovered"
    assert judged(connector(MOVED), "unknown", None, nothing, is_over=True).outcome == "not_proven"


def test_orphaned_partitions_say_nothing() -> None:
    seen = Seen(connector(MOVED), [Verdict(ORDERS, "ok", ()), Verdict(ITEMS, "orphaned", ())])
    assert [one.partition for one in judge_recovery(RESET, seen, now=NOW, is_over=True).partitions] == [ORDERS]


@pytest.mark.parametrize(
    ("outlooks", "seconds"),
    [
        ([], 600),
        ([Outlook({ORDERS: Work(2, is_due=True)}, 100)], 600),
        ([Outlook({ORDERS: Work(2, is_due=True), ITEMS: Work(1, is_due=True)}, 1080), Outlook({}, 900)], 3240),
        ([Outlook({ORDERS: Work(73, is_due=True)}, 3600)], 14400),
    ],
)
def test_the_time_limit_follows_from_the_report_runs_to_come(outlooks: list[Outlook], seconds: int) -> None:
    assert seconds_to_wait(outlooks) == seconds


def three(*offsets: Offset, codes: tuple[str, ...] = (), is_over: bool = False, never: str | None = None) -> Recovery:
    """A connector with three partitions; those that have an offset have moved."""
    partitions = (ORDERS, ITEMS, USERS)
    stored = tuple(StoredOffset(one, offset) for one, offset in zip(partitions, offsets, strict=False))
    verdicts = [
        Verdict(one, "stuck" if codes else "late", tuple(Reason(code, code) for code in codes)) for one in partitions
    ]
    verdicts[: len(offsets)] = [Verdict(one, "ok", ()) for one in partitions[: len(offsets)]]
    work = dict.fromkeys(partitions, DUE)
    if never:
        work[USERS] = Work(0, is_due=True, never=never)
    seen = Seen(replace(connector(), offsets=stored), verdicts, Outlook(work, 400, 230))
    return judge_recovery(Target(final_state="RUNNING"), seen, now=NOW, is_over=is_over)


def test_a_person_reads_how_far_it_is_and_how_long_it_may_take() -> None:
    line, to_go = progress_line("connect-1", three(MOVED, MOVED), 230)
    assert line == "connect-1 orders: 2 of 3 partitions have recovered, waiting for users"
    assert to_go == "; about 4 min to go"
    line, to_go = progress_line("connect-1", three(MOVED, MOVED, never="Stripe refuses its API key"), 0)
    assert (
        line == "connect-1 orders: 2 of 3 partitions have recovered; users will not recover: Stripe refuses its API key"
    )
    assert to_go == ""
    assert progress_line("connect-1", judged(connector(task=None)))[0].endswith("orders: the connector has no tasks")


def test_the_end_is_one_sentence_with_each_reason_once() -> None:
    stuck = three(MOVED, codes=("rounds_missed",), is_over=True)
    assert final_sentence("connect-1", [stuck, three(MOVED, MOVED, MOVED)], 2160) == (
        "Not recovered after 36 min: orders of connect-1: 1 of 3 partitions recovered; items, users: rounds_missed."
    )
    assert final_sentence("connect-1", [three(MOVED, is_over=True)], 60).startswith("Not recovered yet after 1 min: ")
    silent = judged(connector(WRITTEN), work=None, is_over=True)
    assert final_sentence("connect-1", [silent], 0) == (
        "Recovery not proven: orders of connect-1: 0 of 1 partition recovered; orders: it has stored nothing since the change;"
        " if its source has no new data yet, run verify again when there is some."
    )
    paused = judged(connector(state="PAUSED"), target=Target())
    assert final_sentence("connect-1", [three(MOVED, MOVED, MOVED), paused], 5) == (
        "Recovered: orders. orders: it is PAUSED, so it delivers nothing: not verified."
    )
    assert final_sentence("connect-1", [silent], 0, "It is down.").endswith(" The last reading failed: It is down.")


def test_the_end_names_the_one_that_is_stuck_before_those_that_wait_for_it() -> None:
    reasons = (Reason("poll_fails", "no report run was ready in time"), Reason("interval_end_old", "12 d behind"))
    waits = (Reason("waits_behind", "waits behind items"),)
    verdicts = [Verdict(ORDERS, "blocked", waits), Verdict(ITEMS, "stuck", reasons), Verdict(USERS, "blocked", waits)]
    found = judge_recovery(RESET, Seen(connector(WRITTEN), verdicts, Outlook()), now=NOW, is_over=True)
    assert final_sentence("connect-1", [found], 20) == (
        "Not recovered after 20 s: orders of connect-1: 0 of 3 partitions recovered; items: no report run was ready in time;"
        " orders, users: blocked."
    )


def test_the_partitions_are_shown_with_how_far_they_moved() -> None:
    found = replace(judged(connector(MOVED)))
    lines = "\n".join(recovery_lines("connect-1", found))
    assert "connect-1  orders  RUNNING 1/1  recovered" in lines
    assert "orders     recovered  id +3" in lines
