# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host as its own tasks see them, for a task that reads them for all hosts.

``hostvars`` has none of the ``vars`` of a play, nor of ``import_playbook``, while the roles see these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import PREFIXES, known_variables, spec_of

Variables = Mapping[str, Any]

# Set at the head of each play of ours, before Ansible forks, so that the processes of the hosts have them.
_at_head: dict[str, Any] = {}
_of_play: frozenset[str] = frozenset()
_loader: DataLoader | None = None


def note_play_vars(at_head: Variables, typed: Collection[str], loader: DataLoader | None) -> None:
    """Record the variables that the head of a play sees.

    It sees no inventory variables, so each one that was not given with -e is set in the play. Defaults of an imported role are
    ignored here, because the inventory overrides them.
    """
    global _at_head, _of_play, _loader
    known = known_variables()
    _at_head = {
        name: value for name, value in at_head.items() if name not in known or value != known[name].get("default")
    }
    ours = (name for name in _at_head if name.startswith(PREFIXES) and spec_of(name) is not None)
    _of_play, _loader = frozenset(ours).difference(typed), loader


def are_of_play(names: Iterable[str]) -> bool:
    """Whether one of the variables is set in the play."""
    return not _of_play.isdisjoint(names)


def seen_by(label: str, variables: Variables) -> Variables:
    """The variables of a host, rendered when they are read. ``variables`` are those of the task that asks."""
    hostvars = variables["hostvars"]
    # No play of ours has begun where the loader is not known.
    found: Variables = hostvars[label] if _loader is None else _Seen({**hostvars.raw_get(label), **_at_head})
    return found


class _Seen(Mapping[str, Any]):
    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._templar = Templar(loader=_loader, variables=values)

    def __getitem__(self, name: str) -> Any:
        return self._templar.template(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        # That of Mapping would render it.
        return name in self._values
