# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing source partitions from those that the server listed; a misspelt one must never reach the server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import nearest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


def choose_partitions(
    listed: Sequence[Partition], wanted: Sequence[Mapping[str, Any]], connector: str
) -> tuple[Partition, ...]:
    """The listed partitions that have all the fields of at least one of ``wanted``; all of them for an empty ``wanted``.

    Raises InputError for an entry that matches nothing; the message names the nearest listed partition.
    """
    if not wanted:
        return tuple(listed)
    chosen: dict[Partition, None] = {}
    for number, fields in enumerate(wanted):
        if not fields:
            raise InputError(
                f"partitions[{number}] is empty: name at least one field, or leave partitions out for all."
            )
        matching = [partition for partition in listed if Partition.of(fields).identity <= partition.identity]
        if not matching:
            raise InputError(_nothing_matches(number, fields, listed, connector))
        chosen.update(dict.fromkeys(matching))
    return tuple(chosen)


def _nothing_matches(number: int, fields: Mapping[str, Any], listed: Sequence[Partition], connector: str) -> str:
    asked = json.dumps(dict(fields), sort_keys=True)
    sentence = f"partitions[{number}]: connector '{connector}' has no offset for {asked}"
    if not listed:
        return f"{sentence}: it has no offsets at all, so there is nothing to reset."
    texts = {json.dumps(partition.as_dict(), sort_keys=True): partition for partition in listed}
    (similar,) = nearest(asked, texts, limit=1, cutoff=0.0)
    return f"{sentence}; the nearest that the server lists is {similar}."
