# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a change that went wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NoStatusYet, NotFound, TimedOut
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.went_wrong import (
    failed_after_return,
    is_deleted,
    not_returned,
    sentence_of,
)


@pytest.mark.parametrize(
    ("error", "is_so"),
    [(NotFound("no"), True), (NoStatusYet("no"), False), (TimedOut("no"), False), (KeyError(), False)],
)
def test_a_connector_without_a_status_yet_is_not_taken_for_a_deleted_one(error: Exception, *, is_so: bool) -> None:
    assert is_deleted(error) is is_so


@pytest.mark.parametrize(("state", "verb"), [("RUNNING", "resume"), ("PAUSED", "pause")])
def test_who_cannot_return_a_connector_is_told_the_call_that_does(state: str, verb: str) -> None:
    plan: Any = SimpleNamespace(final_state=state, connector="orders")
    said = not_returned(RecoveryError("Connect is gone."), plan).sentence
    assert said.startswith(f"Connect is gone. It was {state} before; if it is still STOPPED,")
    assert said.endswith(f"send PUT /connectors/orders/{verb}.")


def test_the_facts_of_the_first_error_are_kept_when_a_task_fails_after_the_return() -> None:
    error = failed_after_return(RecoveryError("No.", changed=True), "orders", ["task 0", "task 1"])
    assert error.sentence.startswith("No. Connector 'orders' was resumed, but task 0, task 1 FAILED:")
    assert error.facts["changed"] is True


def test_an_interruption_has_a_sentence_too() -> None:
    assert sentence_of(RecoveryError("No.")) == "No."
    assert sentence_of(KeyboardInterrupt()) == "The task was interrupted (KeyboardInterrupt)."
