# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark in a connector's config, and what it says together with a journal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import (
    HOLD_KEY,
    Hold,
    Holder,
    machine_id,
    without_hold,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import decide_settings
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LASTING_STATES
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import (
    Unfinished,
    hold_of,
    judge_unfinished,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_413_600
HOLD = Hold("5a10197c08fa", "a023b263b866", "RUNNING", Holder("node-1", 123, "root", "42"), NOW, NOW + 420)
JOURNAL = Journal("a023b263b866", "RUNNING", "/b.json", float(NOW), HOLD.id)
DAY = 86_400


def connector(state: str, hold: Hold | str | None = HOLD) -> Connector:
    text = hold.as_text() if isinstance(hold, Hold) else hold
    return Connector.of("c", "source", {"a": "1", HOLD_KEY: text}, Status(state))


# The format


@given(
    st.builds(
        Hold,
        id=st.text(),
        plan_id=st.text(),
        prior_state=st.sampled_from(LASTING_STATES),
        holder=st.builds(
            Holder,
            host=st.text(),
            process=st.integers(0, 2**31),
            user=st.text(),
            job=st.text(),
            machine=st.text(),
        ),
        since=st.integers(0, 4_000_000_000),
        until=st.integers(0, 4_000_000_000),
    )
)
def test_a_mark_is_read_as_it_was_written_and_holds_no_reference_to_a_provider(hold: Hold) -> None:
    text = hold.as_text()
    again = Hold.from_text(text)
    assert again.as_text() == text
    assert (again.id, again.prior_state, again.since, again.until) == (
        hold.id,
        hold.prior_state,
        hold.since,
        hold.until,
    )
    assert "$" not in json.dumps([again.holder.host, again.holder.user, again.holder.job, again.holder.machine])


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_what_is_no_mark_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Hold.from_text(text)


@pytest.mark.parametrize(
    "field, value",
    [
        ("format", 2),
        ("prior", "FAILED"),
        ("until", "soon"),
        ("host", 3),
        ("process", None),
        ("id", None),
        ("machine", 5),
    ],
)
def test_a_mark_with_a_field_that_was_altered_is_one_sentence(field: str, value: Any) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Hold.from_text(json.dumps({**json.loads(HOLD.as_text()), field: value}))


def test_a_mark_of_an_older_version_names_no_machine() -> None:
    content = json.loads(HOLD.as_text())
    del content["machine"]
    assert Hold.from_text(json.dumps(content)) == HOLD


def test_a_process_number_is_of_one_start_of_a_machine_and_of_one_namespace() -> None:
    own = machine_id("989e32b0-450b-4bca-ac73-192edfef3975\n", 4026531836)
    others = machine_id("989e32b0-450b-4bca-ac73-192edfef3975\n", 4026532201), machine_id("0a1b\n", 4026531836)
    assert len({own, *others}) == 3
    assert own == machine_id("989e32b0-450b-4bca-ac73-192edfef3975", 4026531836)
    assert len(own) == 12


def test_a_connector_is_read_without_its_mark() -> None:
    one = connector("RUNNING")
    assert (one.config, hold_of(one)) == ({"a": "1"}, HOLD)
    assert without_hold({"a": "1", HOLD_KEY: "x"}) == {"a": "1"}
    assert HOLD_KEY not in repr(one)


def test_the_mark_is_no_setting_of_a_user() -> None:
    with pytest.raises(InputError, match=f"config.{HOLD_KEY}: this key belongs to the collection"):
        decide_settings({}, {HOLD_KEY: None}, {}, defaults={}, secret_keys=frozenset(), name="c")


# What it says together with a journal


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED"])
@pytest.mark.parametrize("journal", [None, JOURNAL, replace(JOURNAL, hold_id="another")])
def test_a_connector_is_held_until_the_time_in_the_mark(state: str, journal: Journal | None) -> None:
    found = judge_unfinished(connector(state), journal, NOW + 420, holder_has_ended=False)
    assert found.is_held
    assert found.problem == (
        "Connector 'c' is being changed by another run, plan a023b263b866 of root on node-1 (process 123, job 42), begun"
        " 2026-11-23 06:00Z: nothing was changed. Wait until that run has ended. If it was killed, run again after "
        "2026-11-23 06:07Z to finish its change."
    )


@pytest.mark.parametrize(
    "journal, now, has_ended",
    [(None, NOW + 421, False), (JOURNAL, NOW + 421, False), (JOURNAL, NOW, True)],
    ids=["another disk", "the same disk", "the same disk and machine"],
)
def test_a_run_that_has_ended_is_finished(journal: Journal | None, now: int, has_ended: bool) -> None:
    found = judge_unfinished(connector("STOPPED"), journal, now, holder_has_ended=has_ended)
    assert (found.problem, found.begun_in, found.over) == (None, "RUNNING", HOLD)
    assert ("its backup is /b.json" if journal else "its backup is not on this host") in str(found.remark)
    assert str(found.remark).endswith("it will be returned to RUNNING.")


def test_only_the_journal_of_the_same_run_takes_over_at_once() -> None:
    journal = replace(JOURNAL, hold_id="another")
    assert judge_unfinished(connector("STOPPED"), journal, NOW, holder_has_ended=True).is_held


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED"])
@pytest.mark.parametrize("hold", [HOLD, None], ids=["with a mark", "without"])
def test_a_state_that_somebody_has_chosen_since_is_left(state: str, hold: Hold | None) -> None:
    found = judge_unfinished(connector(state, hold), JOURNAL, NOW + 421, holder_has_ended=True)
    assert (found.problem, found.begun_in) == (None, None)
    assert str(found.remark).endswith(f"it is {state} now, and stays so.")


@pytest.mark.parametrize(
    "hold, journal, now",
    [
        (HOLD, None, NOW + 421 + DAY),
        (HOLD, JOURNAL, NOW + 421 + DAY),
        (None, JOURNAL, NOW),
        (None, replace(JOURNAL, hold_id=""), NOW + DAY + 1),
        (None, replace(JOURNAL, hold_id="", begun_at=0.0), NOW),
    ],
    ids=["an old mark", "an old mark and its journal", "a journal whose mark is gone", "an old journal", "no date"],
)
def test_a_connector_that_a_person_may_want_stopped_is_not_started(
    hold: Hold | None, journal: Journal | None, now: int
) -> None:
    found = judge_unfinished(connector("STOPPED", hold), journal, now, holder_has_ended=True)
    assert "it is not known why" in str(found.problem)
    assert "PUT /connectors/c/resume" in str(found.problem)
    assert not found.is_held
    kept = judge_unfinished(
        connector("STOPPED", hold and replace(hold, prior_state="STOPPED")),
        journal and replace(journal, prior_state="STOPPED"),
        now,
        holder_has_ended=True,
    )
    assert (kept.problem, kept.begun_in) == (None, "STOPPED")


@pytest.mark.parametrize("state", ["UNASSIGNED", "FAILED", "UNKNOWN", "STOPPED"])
def test_a_journal_without_a_mark_returns_what_nobody_can_have_chosen(state: str) -> None:
    journal = replace(JOURNAL, hold_id="")
    assert judge_unfinished(connector(state, None), journal, NOW + 60, holder_has_ended=False).begun_in == "RUNNING"


def test_a_mark_that_cannot_be_read_holds_the_connector_and_the_way_out_is_told() -> None:
    found = judge_unfinished(connector("STOPPED", "{"), JOURNAL, NOW + DAY, holder_has_ended=True)
    assert found.is_held
    assert f'PATCH /connectors/c/config with {{"{HOLD_KEY}": null}}' in str(found.problem)


def test_without_mark_and_journal_there_is_nothing_to_think_of() -> None:
    assert judge_unfinished(connector("STOPPED", None), None, NOW, holder_has_ended=False) == Unfinished()
