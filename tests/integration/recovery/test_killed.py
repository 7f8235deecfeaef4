# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset that is killed at any point is finished by the next one.

It is killed right after its first exchange with Connect, then after its second, and so on until one gets through: by then
a kill has come between every two of its steps.
"""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect_client import ConnectClient
from integration.recovery.tasks import MAX_WAIT, PST, Tasks, finished, succeeded
from lab.scenarios import stripe_offset
from lab.trial import MIDNIGHT, Trial

# A reset makes some thirty exchanges; a run that makes this many does not end.
MOST_EXCHANGES = 200


def reset_killed_after(exchanges: int, tasks: Tasks, options: dict[str, Any]) -> bool:
    """Run a reset in a process of its own that dies after so many exchanges with Connect; whether it died of that."""
    child = os.fork()
    if child == 0:
        _die_after(exchanges)
        os._exit(1 if tasks.reset(**options).get("failed") else 0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _die_after(exchanges: int) -> None:
    made = count(1)
    exchange = ConnectClient._exchange

    def dying(self: ConnectClient, *arguments: Any) -> Any:
        answer = exchange(self, *arguments)
        if next(made) == exchanges:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    ConnectClient._exchange = dying  # type: ignore[method-assign]


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED"])
def test_a_reset_killed_anywhere_is_finished_by_the_next(trial: Trial, tasks: Tasks, state: str) -> None:
    trial.account(PST)
    trial.create({PST: finished(0, 0)}, {MAX_WAIT: 60_000}, state)
    trial.cluster.await_state(trial.name, state)
    were_stopped = 0
    for exchanges in range(1, MOST_EXCHANGES):
        # After the end of the data: the connector stores nothing there, so the offset stays as it is written.
        moment = MIDNIGHT + exchanges * 60
        wait = 60_000 + exchanges
        options: dict[str, Any] = {
            "strategy": "timestamp",
            "timestamp": str(moment),
            "allow_gap": True,
            "ask_stripe": False,
            "at_least": {MAX_WAIT: wait},
        }
        was_killed = reset_killed_after(exchanges, tasks, options)
        if was_killed and tasks.state() == "STOPPED":
            were_stopped += 1
            (warning,) = tasks.reset(check_mode=True, **options)["warnings"]
            assert "has an unfinished change (plan " in warning
            assert f"it will be returned to {state}" in warning
        succeeded(tasks.reset(**options))
        assert tasks.state() == state, exchanges
        assert tasks.offsets() == {PST: stripe_offset(end=moment, round_id=MIDNIGHT, processed=False)}, exchanges
        assert trial.cluster.config(trial.name)[MAX_WAIT] == str(wait), exchanges
        assert not tasks.journals
        if not was_killed:
            break
    else:
        pytest.fail("No reset came to its end.")
    # The kills did come where they hurt.
    assert were_stopped > 5
