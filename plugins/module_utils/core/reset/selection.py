# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing source partitions from those that Connect listed; a misspelt one must never reach Connect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import nearest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_OR_ALL = ", or leave partitions out for all"


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
        chosen.update(dict.fromkeys(_matching(listed, fields, f"partitions[{number}]", connector)))
    return tuple(chosen)


def choose_one(listed: Sequence[Partition], fields: Mapping[str, Any], where: str, connector: str) -> Partition:
    """The one listed partition that has these fields; ``where`` names them. Raises InputError for none, and for several."""
    matching = _matching(listed, fields, where, connector)
    if len(matching) > 1:
        raise InputError(
            f"{where} selects {len(matching)} partitions of connector '{connector}': add fields until it selects one, for"
            f" example {matching[0]}."
        )
    return matching[0]


def _matching(
    listed: Sequence[Partition], fields: Mapping[str, Any], where: str, connector: str
) -> tuple[Partition, ...]:
    if not fields:
        raise InputError(
            f"{where} is empty: name at least one field{_OR_ALL if where.startswith('partitions') else ''}."
        )
    matching = tuple(partition for partition in listed if Partition.of(fields).identity <= partition.identity)
    if not matching:
        raise InputError(_nothing_matches(where, fields, listed, connector))
    return matching


def _nothing_matches(where: str, fields: Mapping[str, Any], listed: Sequence[Partition], connector: str) -> str:
    asked = json.dumps(dict(fields), sort_keys=True)
    sentence = f"{where}: connector '{connector}' has no offset for {asked}"
    if not listed:
        return f"{sentence}: it has no offsets at all, so there is nothing to reset."
    texts = {json.dumps(partition.as_dict(), sort_keys=True): partition for partition in listed}
    (similar,) = nearest(asked, texts, limit=1, cutoff=0.0)
    return f"{sentence}; the nearest that Connect lists is {similar}."
