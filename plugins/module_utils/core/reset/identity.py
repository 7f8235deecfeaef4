# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The id of a plan, made from its content as data. Anyone with the data, from a file or a result, can make the id again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State

# What follows from the rest.
_DERIVED = ("id", "is_empty", "offsets_stored")
# Their order says nothing.
_UNORDERED = ("offsets", "presumed", "settings")
# A connector is in these for a moment, while Connect assigns its work again.
_PASSING_STATES = ("UNASSIGNED", "RESTARTING")
_REQUEST_DIGITS, _CONTENT_DIGITS = 4, 8
_ID = re.compile(r"[0-9a-f]{12}")
# Slow, but not so slow that a person notices: nobody must find a short secret by trying all of them.
_ROUNDS = 400_000
_FINGERPRINT_DIGITS = 8


def plan_id(data: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits: four for the request and its connector, eight for what the plan presumes and does.

    ``data`` is that of :meth:`Plan.as_data`; every key of it counts that does not follow from the others.
    """
    content = {key: value for key, value in data.items() if key not in (*_DERIVED, "request")}
    asked = [data["cluster"], data["connector"], data["request"]]
    content["state"] = presumed_state(data["state"])
    for key in _UNORDERED:
        content[key] = sorted(map(_canonical, data[key]))
    return digest(asked)[:_REQUEST_DIGITS] + digest(content)[:_CONTENT_DIGITS]


def is_plan_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def same_request(one: str, other: str) -> bool:
    """Whether two plans, given by their ids, were made for the same request to the same connector."""
    return one[:_REQUEST_DIGITS] == other[:_REQUEST_DIGITS]


def presumed_state(state: State) -> State:
    """The state of a connector as a plan presumes it."""
    return "RUNNING" if state in _PASSING_STATES else state


def secret_fingerprint(before: str | None, after: str | None, salt: str) -> str:
    """Eight hexadecimal digits that change when a hidden value does, before or after.

    They are made of both values together, slowly and with a salt, and are far shorter than a hash: neither value can be
    looked up. To guess them, one has to try pairs of values, at about three pairs per second.
    """
    derived = hashlib.pbkdf2_hmac("sha256", _canonical([before, after]).encode(), salt.encode(), _ROUNDS)
    return derived.hex()[:_FINGERPRINT_DIGITS]


def digest(value: Any) -> str:
    """64 hexadecimal digits of JSON data; the order of the fields of a map does not matter, types of values do."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
