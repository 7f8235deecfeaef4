# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are misspelt names of ours: nothing would read them.

Most names that a host has belong to others, so only what leaves no doubt counts: the rest of the name must be that of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

# The playbook is called recover, so its variables are looked for under its name.
_OF_THE_PLAYBOOK = "recover"
# "conectops" and "rest" for "reset" are as alike; "connection", "connector" and "identity" are less.
_ALIKE = 0.88

# These say what a run acts on and how. Named without their prefix on the command line they can be meant for no other playbook.
_BARE = frozenset(
    {
        "allow_gap",
        "backup_file",
        "connector",
        "connectors",
        "hosts",
        "max_changes",
        "offset",
        "offsets",
        "partition",
        "partitions",
        "plan_file",
        "plan_id",
        "plan_ids",
        "strategy",
        "timestamp",
    }
)


def misspelt(
    names: Iterable[str], typed: Collection[str], known: Collection[str], prefixes: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Each of the names that is meant for a known variable, with that one. ``typed``: those given on the command line.

    A name counts only while no variable that it can be meant for is set: it is then the user's own, which that one refers to.
    """
    names = tuple(names)
    owners = _by_rest(known, prefixes)
    plain = {_plain(name): name for name in known if name.startswith(tuple(prefixes))}
    for name in names:
        if name in known or name.startswith(tuple(prefixes)):
            continue
        if _plain(name) in plain:
            yield name, plain[_plain(name)]
            continue
        head, _underscore, rest = name.partition("_")
        found = [owner for owner in owners.get(rest, ()) if _begins_alike(head, owner, rest)]
        if not found and name in typed and name in _BARE:
            found = list(owners.get(name, owners.get(f"{name}s", ())))
        if found and not set(found).intersection(names):
            yield name, found[0]


def _begins_alike(head: str, owner: str, rest: str) -> bool:
    prefix = owner.removesuffix(f"_{rest}")
    if head == _OF_THE_PLAYBOOK:
        return prefix in ("connectops", "reset")
    return SequenceMatcher(None, head.lower(), prefix).ratio() >= _ALIKE


def _by_rest(known: Collection[str], prefixes: Collection[str]) -> Mapping[str, list[str]]:
    """The known variables by their names without the prefix; those of the playbooks first."""
    found: dict[str, list[str]] = {}
    for prefix in sorted(prefixes, key=lambda one: one != "connectops_"):
        for name in sorted(known):
            if name.startswith(prefix):
                found.setdefault(name.removeprefix(prefix), []).append(name)
    return found


def _plain(name: str) -> str:
    """The name without what is easily typed differently: upper case, underscores, hyphens, dots."""
    return re.sub(r"[\W_]", "", name).lower()
