# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hold: a mark in a connector's config that says who is changing it, how long at most, and what its state was before.

Every control node sees it, with REST alone. Nothing else of the collection takes it for a setting: a connector is read
without it (``Connector.of``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    from_iso_moment,
    iso_moment,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState, lasting_state_of
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

HOLD_KEY = "connectops.recovery.hold"
_FORMAT = 1
V = TypeVar("V")


@dataclass(frozen=True)
class Holder:
    """The process that changes a connector. ``job``: the id of its AWX job, empty where it is none.

    ``machine``: the machine to which the process number belongs, see :func:`machine_id`; empty where that is not known.
    """

    host: str
    process: int
    user: str = ""
    job: str = ""
    machine: str = ""

    def __str__(self) -> str:
        """``root on host-1 (process 123, job 42)``"""
        process = f"process {self.process}" + (f", job {self.job}" if self.job else "")
        return f"{self.user or 'somebody'} on {self.host} ({process})"


@dataclass(frozen=True)
class Hold:
    """One change that is under way. ``id`` is of this change alone; ``since`` and ``until`` are epoch seconds.

    After ``until`` its run has ended, whatever the outcome. ``prior_state``: what the connector is to be returned to.
    """

    id: str
    plan_id: str
    prior_state: LastingState
    holder: Holder
    since: int
    until: int

    def as_text(self) -> str:
        """Compact JSON without ``$``, which a worker would take for a reference to a config provider."""
        content = {
            "format": _FORMAT,
            "id": self.id,
            "plan": self.plan_id,
            "prior": self.prior_state,
            "host": _plain(self.holder.host),
            "process": self.holder.process,
            "user": _plain(self.holder.user),
            "job": _plain(self.holder.job),
            "machine": _plain(self.holder.machine),
            "since": iso_moment(self.since),
            "until": iso_moment(self.until),
        }
        return json.dumps(content, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Hold:
        """Read what :meth:`as_text` made. Raises InputError for anything else: who holds the connector is not known then."""
        try:
            content = json.loads(text)
            if not isinstance(content, dict) or content["format"] != _FORMAT:
                raise ValueError("another format")
            # Older marks do not name the machine.
            content.setdefault("machine", "")
            host, user, job, machine = (_text(content, name) for name in ("host", "user", "job", "machine"))
            holder = Holder(host, int(content["process"]), user, job, machine)
            since, until = (from_iso_moment(_text(content, name)) for name in ("since", "until"))
            return cls(
                _text(content, "id"), _text(content, "plan"), lasting_state_of(content["prior"]), holder, since, until
            )
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise InputError(f"its setting {HOLD_KEY} says that a run is changing it, but cannot be read") from None

    def __str__(self) -> str:
        """``plan d9aa21c64d60 of root on host-1 (process 123), begun 2026-11-26 10:00Z``"""
        return f"plan {self.plan_id} of {self.holder}, begun {show_moment(self.since)}"

    def as_data(self) -> dict[str, Any]:
        """For facts: times are ISO 8601 in UTC."""
        return {
            "plan_id": self.plan_id,
            "prior_state": self.prior_state,
            "host": self.holder.host,
            "process": self.holder.process,
            "user": self.holder.user,
            "job": self.holder.job,
            "since": iso_moment(self.since),
            "until": iso_moment(self.until),
        }


def machine_id(boot_id: str, process_namespace: int) -> str:
    """A short name for one start of one machine and one of its process namespaces: within it, a process number is of one process.

    Host names do not suffice: containers and control nodes may share one.
    """
    return hashlib.sha256(f"{boot_id.strip()}/{process_namespace}".encode()).hexdigest()[:12]


def without_hold(config: Mapping[str, V]) -> dict[str, V]:
    """The config as its owner knows it."""
    return {key: value for key, value in config.items() if key != HOLD_KEY}


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _plain(text: str) -> str:
    return re.sub(r"[^\w.@:-]", "_", text)[:64]
