# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients whose pauses take no time, and one call of each kind that changes something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from lab.waiting import LIMIT_SECONDS
from unit.connect.http_server import Expect
from unit.connect.recorded import OFFSETS, info

# Limits that no test reaches.
PATIENT = ConnectOptions(
    ("http://127.0.0.1:1",), timeout_seconds=2 * LIMIT_SECONDS, request_timeout_seconds=2 * LIMIT_SECONDS
)
# Called with URLs and the other fields of ConnectOptions.
MakeClient = Callable[..., ConnectClient]
# How to make a change, and the call with which it succeeds.
Change = tuple[Callable[[ConnectClient], Any], Expect]

CHANGES: dict[str, Change] = {
    "stop": (lambda client: client.stop("c"), Expect("PUT", "/connectors/c/stop", 204)),
    "pause": (lambda client: client.pause("c"), Expect("PUT", "/connectors/c/pause", 202)),
    "resume": (lambda client: client.resume("c"), Expect("PUT", "/connectors/c/resume", 202)),
    "put_config": (
        lambda client: client.put_config("c", {"k": "value"}),
        Expect("PUT", "/connectors/c/config", body=info("c"), request={"k": "value"}),
    ),
    "patch_config": (
        lambda client: client.patch_config("c", {"k": None}),
        Expect("PATCH", "/connectors/c/config", body=info("c"), request={"k": None}),
    ),
    "alter_offsets": (
        lambda client: client.alter_offsets("c", OFFSETS),
        Expect("PATCH", "/connectors/c/offsets", body={"message": "altered"}, request={"offsets": OFFSETS}),
    ),
}


class Clock:
    """Time that passes only in pauses."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def waited(self) -> float:
        return sum(self.pauses)
