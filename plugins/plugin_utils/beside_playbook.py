# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of variables beside a user's own playbook, which Ansible reads for its own plays and not for imported ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import spec_of
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import is_ours

# Of the files in a folder Ansible reads those with one of these endings.
_ENDINGS = ("", ".yml", ".yaml", ".json")


def unread_file_problem(
    arguments: Mapping[str, Any],
    groups: Mapping[str, Collection[str]],
    typed: Collection[str],
    load: Callable[[str], Any],
) -> str | None:
    """A sentence about a variable of ours in a file that the plays of ours do not read; None if there is none.

    ``arguments``: those of the command line. ``groups``: the hosts of each. ``typed``: the names that were given with -e, so that
    no file counts. ``load`` reads a file; one that it cannot read is passed over.
    """
    hosts = {one for of_group in groups.values() for one in of_group}
    read = {_folder(Path(one)) for one in arguments.get("inventory") or ()}
    playbooks = [Path(str(one)) for one in arguments.get("args") or () if not is_ours(str(one))]
    for folder in {_folder(one): None for one in playbooks if one.is_file()}:
        if folder in read:
            continue
        for kind, owners in (("group_vars", groups.keys()), ("host_vars", hosts)):
            for file in _files(folder / kind, owners):
                name = next((one for one in _names(file, load) if one not in typed and _is_read(one)), None)
                if name is not None:
                    is_of_all = file.relative_to(folder / kind).parts[0].partition(".")[0] == "all"
                    otherwise = f", or pass it with -e @{file}" if kind == "group_vars" and is_of_all else ""
                    return (
                        f"{file} sets {name}, but Ansible does not read {kind} beside a playbook for one that it imports: put"
                        f" {kind} beside the inventory{otherwise}."
                    )
    return None


def _folder(path: Path) -> Path:
    """The folder in which Ansible looks beside a file. It does not follow the link that a file may be."""
    return (path if path.is_dir() else path.parent).resolve()


def _files(folder: Path, owners: Set[str]) -> Iterator[Path]:
    """The files that Ansible reads for the groups or hosts: their own, or all in the folder of their own."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name in owners:
            inside = (one for one in sorted(path.rglob("*")) if one.suffix in _ENDINGS and one.is_file())
            yield from (one for one in inside if not one.name.startswith("."))
        elif path.is_file() and not owners.isdisjoint(_owners(path)):
            yield path


def _owners(path: Path) -> tuple[str, ...]:
    """The groups or hosts that a file may be of: the name of a host may have a dot."""
    return (path.name, path.stem) if path.suffix in _ENDINGS else (path.name,)


def _names(file: Path, load: Callable[[str], Any]) -> Iterator[str]:
    try:
        found = load(str(file))
    except (AnsibleError, OSError, ValueError):
        # Encrypted, or broken: where Ansible reads it, it says so.
        return
    if isinstance(found, Mapping):
        yield from sorted(map(str, found))


def _is_read(name: str) -> bool:
    """Whether we would read it, or would say that it does not exist. Other names with our prefixes may be the user's own."""
    return name.startswith("connectops_") or spec_of(name) is not None
