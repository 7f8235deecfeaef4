# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals while connectors are being changed."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import (
    Interrupted,
    Interruption,
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Whatever a test leaves behind must not end the run of the tests."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    earlier = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in earlier.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_work_that_is_not_on_its_way_back(number: signal.Signals, said: list[str]) -> None:
    with Interruption(said.append) as interruption:
        interrupt = interruption.of("orders")
        interrupt(False)
        signal.raise_signal(number)
        with pytest.raises(Interrupted) as caught:
            interrupt(False)
        assert caught.value.message == f"The change of connector 'orders' was interrupted ({number.name})."
        interrupt(True)
        with pytest.raises(RecoveryError, match="before it began: nothing was changed"):
            interruption.begin("later")
    (sentence,) = said
    assert sentence.startswith(f"Interrupted ({number.name}): unfinished changes are being undone")


def test_the_same_signal_again_ends_the_way_back_as_well(said: list[str]) -> None:
    with Interruption(said.append) as interruption:
        signal.raise_signal(signal.SIGTERM)
        assert not interruption.is_final
        signal.raise_signal(signal.SIGTERM)
        assert interruption.is_final
        with pytest.raises(Interrupted, match=r"The return of connector 'orders' was interrupted as well \(SIGTERM\)"):
            interruption.of("orders")(True)
    assert len(said) == 1


def test_the_sigterm_that_ansible_sends_after_ctrl_c_is_not_the_second_signal(said: list[str]) -> None:
    with Interruption(said.append) as interruption:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
            signal.raise_signal(number)
        assert (interruption.cause, interruption.is_final) == ("SIGINT", False)
        signal.raise_signal(signal.SIGINT)
        assert interruption.is_final


def test_the_timeout_of_a_task_counts_where_ansible_waits_for_it(said: list[str]) -> None:
    signal.signal(signal.SIGALRM, lambda _number, _frame: pytest.fail("Ansible's own handler ends the task at once"))
    with Interruption(said.append) as interruption:
        signal.raise_signal(signal.SIGALRM)
        assert interruption.cause == "the task's timeout"
        # A person who then presses Ctrl-C has pressed it once.
        signal.raise_signal(signal.SIGINT)
        assert (interruption.cause, interruption.is_final) == ("SIGINT", False)


def test_afterwards_signals_do_what_they_did_before(said: list[str]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seen: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with Interruption(said.append):
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    signal.raise_signal(signal.SIGTERM)
    assert (seen, said) == ([signal.SIGTERM], [])
