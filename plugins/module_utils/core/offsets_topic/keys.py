# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key bytes under which Connect's REST API looks for an offset.

REST puts a partition into a Java HashMap and writes that out as JSON. A connector that writes its partition in another
order, or its numbers in another form, stores its offset under bytes that REST never builds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import JsonScalar, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
# Jackson escapes characters outside Unicode's first plane, and writes all others above the control characters unchanged.
_ESCAPED = re.compile('["\\\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')


def rest_key(connector: str, partition: Partition) -> bytes:
    """The key that REST builds when it is given the partition with its fields in this order.

    The order matters only between fields that fall into one bucket of the HashMap. Not modelled: more than eight fields
    in one bucket, and the doubles that Java before 19 writes longer than need be (3 in 1000 of arbitrary bits, none of
    150,000 everyday ones).
    """
    fields = partition.as_dict()
    return _key(connector, {name: fields[name] for name in _hash_map_order(fields)})


def difference(record: OffsetRecord) -> Literal["order", "text"] | None:
    """How the stored key differs from REST's when REST is sent the partition as it is stored, or as REST lists it.

    ``order``: the fields are in another order. ``text``: a number, an escape or a blank is written otherwise.
    None: the keys are the same, so REST reaches the record.
    """
    if rest_key(record.connector, record.partition) == record.key:
        return None
    return "order" if _key(record.connector, record.partition.as_dict()) == record.key else "text"


def is_addressable(record: OffsetRecord) -> bool:
    """Whether REST reads and changes this very record."""
    return difference(record) is None


def _key(connector: str, fields: Mapping[str, JsonScalar]) -> bytes:
    members = ",".join(f"{_string(name)}:{_scalar(value)}" for name, value in fields.items())
    return f"[{_string(connector)},{{{members}}}]".encode()


def _hash_map_order(names: Collection[str]) -> list[str]:
    """The order in which a java.util.HashMap, filled in the given order, lists its keys."""
    buckets = 16
    while len(names) > buckets * 3 // 4:
        buckets *= 2
    return sorted(names, key=lambda name: _spread_hash(name) & (buckets - 1))


def java_hash_code(text: str) -> int:
    """Java's String.hashCode, as the unsigned number of the same 32 bits."""
    units = text.encode("utf-16-be", "surrogatepass")
    code = 0
    for at in range(0, len(units), 2):
        code = (31 * code + int.from_bytes(units[at : at + 2], "big")) & 0xFFFFFFFF
    return code


def _spread_hash(text: str) -> int:
    """The hash code with its upper half laid over the lower one, as a HashMap takes it."""
    code = java_hash_code(text)
    return code ^ code >> 16


def _scalar(value: JsonScalar) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # A long keeps the low 64 bits of what is too large for it.
        return str((value + 2**63) % 2**64 - 2**63)
    return json.dumps(value)


def _string(text: str) -> str:
    return f'"{_ESCAPED.sub(lambda found: _escape(found[0]), text)}"'


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    as_units = "".join(f"\\u{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
    return _ESCAPES.get(character, as_units)


def _double(value: float) -> str:
    """Double.toString: with an exponent where the number is below 0.001, or ten million and above."""
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0:
        # The sign of a zero is lost when Connect reads it.
        return "0.0"
    if 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _e, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
