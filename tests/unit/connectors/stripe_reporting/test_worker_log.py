# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker's log says of a connector: the task that started last, what it could not do, and why its polls failed."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import (
    LogFacts,
    LogFailure,
    read_log,
)
from unit.connectors.stripe_reporting.cases import CAIRO, NEW_YORK, PST, TYPE, report_partition

NAME = "stripe-reporting"
CLASS = "com.mykaarma.connect.stripe.StripeSourceTask"
EXCEPTION = "org.apache.kafka.connect.errors.ConnectException"
STACK = "\tat com.mykaarma.connect.stripe.StripeSourceTask.poll(StripeSourceTask.java:95)"


def entry(message: str, name: str | None = NAME, level: str = "INFO", scope: str = "task-0") -> str:
    """A line as Connect's own pattern lays it out; without a name as a pattern without the connector's context does."""
    context = "" if name is None else f"[{name}|{scope}] "
    return f"[2026-11-23 00:00:05,123] {level} {context}{message} ({CLASS}:95)\n"


def started(*zones: str, name: str | None = NAME) -> str:
    return entry(f"Task started with report types: [{TYPE}] and timezones: [{', '.join(zones)}]", name)


def generated(zone: str, name: str | None = NAME) -> str:
    message = f"Generated 44 SourceRecords for report type: {TYPE} and timezone: {zone} (report run: frr_{zone[:2]})"
    return entry(message, name)


def poll(name: str | None = NAME) -> str:
    return entry("Current round ID: 1795392000", name)


def failed(words: str, name: str | None = NAME) -> tuple[str, str, str]:
    return entry("Error while polling", name, "ERROR"), f"{EXCEPTION}: {words}\n", f"{STACK}\n"


TIMED_OUT = "Report run frr_1late did not complete within 300000 ms"


def test_a_log_that_says_nothing_of_the_connector_gives_no_facts() -> None:
    assert read_log([], NAME) == LogFacts()
    assert (
        read_log(["[2026-11-23 00:00:05,123] INFO Kafka Connect started (o.a.k.Connect)\n", "\n"], NAME) == LogFacts()
    )


def test_the_timezones_of_the_last_start_are_told() -> None:
    facts = read_log([started(CAIRO, PST), started(CAIRO, NEW_YORK, PST)], NAME)
    assert facts.started_timezones == (CAIRO, NEW_YORK, PST)
    assert read_log([started()], NAME).started_timezones == ()


def test_a_timezone_that_was_refused_at_the_start_is_told_with_the_words_and_without_the_key() -> None:
    words = "Invalid API Key provided: {}; code: api_key_invalid"
    refusal = f"Error creating API client for timezone {CAIRO}: {words.format('sk_live_********4711')}"
    facts = read_log([entry(refusal, level="ERROR"), started(PST)], NAME)
    assert facts.dropped == {CAIRO: words.format("********")}
    whole = f"Error creating API client for timezone {CAIRO}: No such key sk_live_abc4711."
    assert read_log([entry(whole)], NAME).dropped == {CAIRO: "No such key ********"}


def test_a_timezone_that_came_back_with_a_later_start_is_not_dropped_any_more() -> None:
    refused = entry(f"Error creating API client for timezone {CAIRO}: no.")
    assert read_log([refused, started(PST), started(CAIRO, PST)], NAME).dropped == {}
    assert read_log([refused, started(PST), refused, started(PST)], NAME).dropped == {CAIRO: "no"}
    assert read_log([started(CAIRO, PST), refused], NAME).dropped == {CAIRO: "no"}


def test_a_timezone_without_a_client_is_dropped_even_where_the_log_begins_after_the_start() -> None:
    facts = read_log([poll(), entry(f"No API client found for timezone: {CAIRO}, skipping")], NAME)
    assert facts.dropped == {CAIRO: "the task has no API client for it"}


@pytest.mark.parametrize(
    "message, run_id",
    [
        (TIMED_OUT, "frr_1late"),
        ("Report run frr_1bad failed: The report could not be made.", "frr_1bad"),
        ("Report run frr_1open has no result (pending)", "frr_1open"),
        ("Data for the report type is only available starting at 2026-10-01", None),
    ],
)
def test_a_failed_poll_has_its_message_and_its_report_run(message: str, run_id: str | None) -> None:
    (failure,) = read_log([poll(), *failed(message)], NAME).failures
    assert (failure.message, failure.run_id) == (message, run_id)


def test_an_exception_without_words_is_named() -> None:
    lines = [entry("Error while polling", level="ERROR"), "java.lang.NullPointerException\n", f"{STACK}\n"]
    assert read_log(lines, NAME).failures[0].message == "java.lang.NullPointerException"


@pytest.mark.parametrize("rest", [(), (poll(),), (generated(PST),)])
def test_a_failed_poll_whose_exception_the_log_lacks_is_still_told(rest: tuple[str, ...]) -> None:
    (failure,) = read_log([poll(), entry("Error while polling"), *rest], NAME).failures
    assert failure == LogFailure(None, "the log does not say why", None)


def test_keys_in_the_words_of_a_failure_are_hidden() -> None:
    (failure,) = read_log([*failed("Expired API Key provided: rk_live_***4711.")], NAME).failures
    assert failure.message == "Expired API Key provided: ********."


def test_each_failure_is_told_with_the_last_partition_that_its_own_poll_got_past() -> None:
    lines = [
        poll(),
        generated(CAIRO),
        *failed("first"),
        poll(),
        *failed("second"),
        poll(),
        entry(f"Marked combination {CAIRO}|{TYPE} as completed in round 1795392000 (interval: 1 to 2)"),
        generated(NEW_YORK),
        *failed("third"),
    ]
    failures = read_log(lines, NAME).failures
    assert [(one.message, one.after) for one in failures] == [
        ("first", report_partition(CAIRO)),
        ("second", None),
        ("third", report_partition(NEW_YORK)),
    ]


def generated_anew(run: str) -> str:
    """After a report whose file was gone: the line names no timezone."""
    return entry(f"Generated 44 SourceRecords for report type: {TYPE} (new report run: {run})")


def test_a_poll_got_past_a_report_that_was_made_anew_though_the_log_does_not_say_whose() -> None:
    lines = [poll(), generated(CAIRO), generated_anew("frr_2"), *failed("first")]
    lines += [poll(), generated_anew("frr_3"), generated(PST), *failed("second")]
    failures = read_log(lines, NAME).failures
    assert [(one.after, one.after_run) for one in failures] == [
        (report_partition(CAIRO), "frr_2"),
        (report_partition(PST), None),
    ]


def test_a_resumed_report_that_was_made_anew_is_that_of_the_partition_which_resumed() -> None:
    (failure,) = read_log([poll(), resuming(NEW_YORK), generated_anew("frr_2"), *failed("no")], NAME).failures
    assert (failure.after, failure.resuming, failure.after_run) == (report_partition(NEW_YORK), None, None)


def test_a_poll_that_went_well_leaves_nothing_for_the_next_failure() -> None:
    assert read_log([poll(), generated(PST), poll(), *failed("no")], NAME).failures[0].after is None


def resuming(zone: str) -> str:
    run = "frr_1open from row 3 (interval: 1795305600 to 1795392000)"
    return entry(f"Resuming in-progress combination {zone} {TYPE} in round 1795392000 with report run {run}")


def test_a_failure_while_an_open_run_is_resumed_names_its_partition() -> None:
    (failure,) = read_log([poll(), generated(CAIRO), resuming(NEW_YORK), *failed("no result")], NAME).failures
    assert (failure.after, failure.resuming) == (report_partition(CAIRO), report_partition(NEW_YORK))


def test_a_run_that_was_resumed_well_is_not_to_blame() -> None:
    (failure,) = read_log([poll(), resuming(CAIRO), generated(CAIRO), *failed("no")], NAME).failures
    assert (failure.after, failure.resuming) == (report_partition(CAIRO), None)


def test_what_an_earlier_task_met_is_left_out() -> None:
    skipped = entry(f"No interval start or end found for timezone {PST} report type {TYPE}, skipping")
    facts = read_log([started(CAIRO), poll(), skipped, *failed("no"), started(CAIRO, PST), poll()], NAME)
    assert facts == LogFacts(started_timezones=(CAIRO, PST))
    cut_short = [poll(), generated(CAIRO), started(CAIRO, PST), *failed("no")]
    assert read_log(cut_short, NAME).failures == (LogFailure(None, "no", None),)


def test_an_abandoned_task_is_told_even_after_the_start_of_the_next() -> None:
    lines = [
        entry(f"Graceful stop of task {NAME}-0 failed.", level="ERROR"),
        entry(f"Graceful stop of task other-{NAME}-1 failed.", name=None),
        started(PST),
    ]
    assert read_log(lines, NAME).abandoned_tasks == (0,)


def test_a_line_of_nobody_in_particular_counts_even_after_one_of_another_connector() -> None:
    lines = [entry("Current round ID: 1", name="other"), entry(f"Graceful stop of task {NAME}-0 failed.", name=None)]
    assert read_log(lines, NAME).abandoned_tasks == (0,)


def test_lines_of_other_connectors_are_left_out_with_their_stack_traces() -> None:
    lines = [
        started(PST),
        started(CAIRO, name=f"{NAME}-2"),
        poll(),
        *failed("theirs", name="other"),
        entry("Error creating API client for timezone PST: theirs", name="other"),
        entry("WorkerSourceTask{id=other-0} Committing offsets", name="other", scope="task-0|offsets"),
        f"{EXCEPTION}: theirs as well\n",
        *failed("ours"),
    ]
    facts = read_log(lines, NAME)
    assert facts.started_timezones == (PST,)
    assert facts.dropped == {}
    assert [one.message for one in facts.failures] == ["ours"]


def test_every_line_counts_where_the_pattern_names_no_connector() -> None:
    lines = [started(CAIRO, PST, name=None), poll(None), generated(CAIRO, None), *failed(TIMED_OUT, None)]
    facts = read_log(lines, NAME)
    assert facts.started_timezones == (CAIRO, PST)
    assert facts.failures == (LogFailure("frr_1late", TIMED_OUT, report_partition(CAIRO)),)


def test_a_log_of_another_layout_is_read() -> None:
    """As some operators lay it out: no brackets, the thread at the end, and a name put before every line."""
    moment = "connect-0 | 2026-11-23 00:00:05,123"
    lines = [
        f"{moment} INFO [{NAME}|task-0] Error creating API client for timezone PST: no ({CLASS}) [task-thread]\r\n",
        f"{moment} ERROR [{NAME}|task-0] Error while polling ({CLASS}) [task-thread]\r\n",
        f"connect-0 | {EXCEPTION}: {TIMED_OUT}\r\n",
    ]
    facts = read_log(lines, NAME)
    assert facts.dropped == {"PST": "no"}
    assert facts.failures == (LogFailure("frr_1late", TIMED_OUT, None),)
