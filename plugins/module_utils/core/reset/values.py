# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an offset: those that Connect cannot keep, and those whose type or absence would surprise the connector."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    JsonScalar,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# Connect keeps an integer in 64 bits.
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LONGEST_SHOWN = 60


def check_values(offset: Mapping[Any, Any], where: str) -> None:
    """Raise InputError for an offset that Connect would refuse or keep as something else; ``where`` names it."""
    if not offset:
        raise InputError(f"{where} is empty: write a flat map with at least one field.")
    for name, value in offset.items():
        if not isinstance(name, str):
            raise InputError(f"{where}: the name of a field is text, and {name!r} is not: write it in quotes.")
        problem = problem_of(value)
        if problem is not None:
            raise InputError(f"{where}.{name}: {problem}.")


def check_types(partition: Partition, stored: Offset, wanted: Offset, where: str) -> None:
    """Raise InputError where ``wanted`` lacks a stored field, or has another JSON type for it: no connector expects that.

    A null says on purpose that a field is empty, and a stored null fits every type.
    """
    for name in wanted:
        one, other = stored.get(name), wanted[name]
        if _is_zero_below_zero(other) and not _is_zero_below_zero(one):
            # It would not be read back as it was written, after the connector was stopped.
            raise InputError(f"{where}.{name}: Connect keeps -0.0 as 0.0: write 0.0.")
        if _is_other_type(name, stored, wanted):
            raise InputError(
                f"{where}.{name}: the connector stores {_kind(one)} there ({_shown(one)}), and {_shown(other)} is"
                f" {_kind(other)}: {_advice(one, other)}."
            )
    missing = list(_missing(stored, wanted))
    if missing:
        raise InputError(
            f"{where}: the stored offset of {partition} also has {', '.join(missing)}, which the connector may need: write"
            " every field; null makes a field empty on purpose."
        )


def changed_types(
    stored: Mapping[Partition, Offset], targets: Mapping[Partition, Mapping[str, JsonScalar] | None]
) -> Iterator[str]:
    """A sentence for each partition whose target has other fields or JSON types than what is stored now."""
    for partition, target in targets.items():
        now = stored.get(partition)
        if now is None or target is None:
            continue
        found = [
            f"{name} changes from {_kind(now[name])} ({_shown(now[name])}) to {_kind(target[name])} ({_shown(target[name])})"
            for name in target
            if _is_other_type(name, now, target)
        ]
        found += [f"{one} goes" for one in _missing(now, target)]
        if found:
            yield f"{partition}: {', '.join(found)}: check that the connector still reads such an offset."


def problem_of(value: Any) -> str | None:
    """Why Connect cannot keep the value as it is, without a full stop; None for one that it can keep."""
    if isinstance(value, (dict, list)):
        kind = "map" if isinstance(value, dict) else "list"
        return f"Connect keeps a flat map of plain values, and this is a {kind}: write a text, a number, true, false or null"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a number in JSON: write a finite one"
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return f"{value} does not fit into 64 bits, and Connect keeps no larger integer: write one up to {_LARGEST}"
    if value is not None and not isinstance(value, (str, int, float)):
        return f"a {type(value).__name__} is not a value of JSON: write text in quotes, or a number"
    return None


def _kind(value: JsonScalar) -> str:
    if isinstance(value, bool):
        return "a boolean"
    return {int: "an integer", float: "a decimal", str: "a string"}.get(type(value), "null")


def _is_other_type(name: str, stored: Offset, wanted: Offset) -> bool:
    one, other = stored.get(name), wanted.get(name)
    return one is not None and other is not None and type(one) is not type(other)


def _is_zero_below_zero(value: JsonScalar) -> bool:
    return isinstance(value, float) and value == 0 and math.copysign(1, value) < 0


def _missing(stored: Offset, wanted: Offset) -> Iterator[str]:
    """The stored fields that would be lost. A stored null does not count."""
    for name, value in stored.items():
        if value is not None and name not in wanted:
            yield f"{name} ({_kind(value).partition(' ')[2]}, {_shown(value)})"


def _advice(stored: JsonScalar, wanted: JsonScalar) -> str:
    """How to write ``wanted`` in the type of ``stored``, where that is plain."""
    if isinstance(stored, str):
        return f"write {json.dumps(_shown(wanted))} in quotes"
    if isinstance(stored, bool):
        return "write true or false without quotes"
    if isinstance(stored, int):
        try:
            number = float(str(wanted)) if not isinstance(wanted, bool) else math.nan
        except ValueError:
            number = math.nan
        if number.is_integer() and abs(number) <= _LARGEST:
            text = str(wanted) if isinstance(wanted, str) and wanted.lstrip("-").isdecimal() else str(int(number))
            return f"write {text}{' without quotes' if isinstance(wanted, str) else ''}"
        return "write an integer without quotes"
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return f"write {wanted}.0"
    return "write a decimal without quotes"


def _shown(value: JsonScalar) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
