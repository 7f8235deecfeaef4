# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else may do to a connector, while a run changes it; in the process of that run, at one of its steps."""

from __future__ import annotations

from typing import Any

import requests
from lab.waiting import await_condition

MEDDLERS: dict[str, tuple[str, str, Any]] = {
    "resume": ("PUT", "/resume", None),
    "pause": ("PUT", "/pause", None),
    "config": ("PATCH", "/config", {"batch.size": "7"}),
    "delete": ("DELETE", "", None),
}


def meddle(url: str, what: str) -> None:
    method, path, body = MEDDLERS[what]
    with requests.Session() as session:
        # Connect answers 409 during a rebalance.
        await_condition(lambda: _send(session, method, f"{url}{path}", body) != 409, "the end of a rebalance")
        if what != "config":
            wanted = {"resume": "RUNNING", "pause": "PAUSED", "delete": ""}[what]
            await_condition(lambda: _state(session, url) == wanted, f"the state {wanted or 'of a deleted connector'}")


def _send(session: requests.Session, method: str, url: str, body: Any) -> int:
    return session.request(method, url, json=body, timeout=60).status_code


def _state(session: requests.Session, url: str) -> str:
    answer = session.get(f"{url}/status", timeout=60)
    state: str = answer.json()["connector"]["state"] if answer.ok else ""
    return state
