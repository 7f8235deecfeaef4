# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for a run as a whole: its hosts, its steps, and the variables that must be the same for all its clusters."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.inventory.manager import split_host_pattern
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean

_PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
_COLLECTION = "connectops.recovery."
_IMPORTS = ("ansible.builtin.import_playbook", "import_playbook")

# Ansible reads these before it knows a host, so it sees no variable of the inventory.
OF_A_PLAY = frozenset({"connectops_hosts", "connectops_serial"})
# One host reads these for all.
_OF_A_RUN = (
    "connectops_max_changes",
    "connectops_max_fail_percentage",
    "connectops_mode",
    "connectops_plan_file",
    "connectops_plan_ids",
    "connectops_plan_max_age",
    "connectops_planned_at",
    "connectops_report_dir",
    "connectops_set_stats",
    "connectops_stop_on_failure",
)
# A number of clusters, or a share of them. Ansible takes 0 and less for all clusters at once.
_BATCH = re.compile(r"[1-9][0-9]{0,8}|(?:[1-9][0-9]?|100)%")
_BATCH_PROBLEM = (
    "The variable connectops_serial has {!r}: write numbers of clusters (1 or more) or shares of them (1% to 100%), such as"
    " 1,10%,100%."
)

# The names among OF_A_PLAY that the head of a play could see; None without a play of ours. Set before Ansible forks, so that the
# processes of the hosts have it.
_seen: frozenset[str] | None = None


def note_head(names: Collection[str]) -> None:
    """Note the variables that the head of a play sees. Its hosts compare: what they see beside these comes from the inventory."""
    global _seen
    _seen = OF_A_PLAY.intersection(names)


def inventory_problems(names: Collection[str]) -> Iterator[str]:
    """A sentence for each variable of a host that the head of the play did not see."""
    for name in sorted(OF_A_PLAY.intersection(names) - (OF_A_PLAY if _seen is None else _seen)):
        yield f"The variable {name} is set in the inventory, where a play does not read it: set it with -e."


def difference_problems(first: str, is_other: Callable[[str], bool]) -> Iterator[str]:
    """A sentence for each variable of the whole run that has another value for this host than for the ``first`` one."""
    for name in _OF_A_RUN:
        if is_other(name):
            yield (
                f"The variable {name} must be the same for the whole run, but differs from that of {first}: set it once, with -e"
                " or for all hosts."
            )


def value_problem(name: str, value: Any) -> str | None:
    """Why a value of the right type makes no sense, in a sentence; None if it does, as for most variables."""
    if name == "connectops_serial":
        return next((_BATCH_PROBLEM.format(one) for one in value if not _BATCH.fullmatch(one.strip())), None)
    if name == "connectops_max_changes" and value < 0:
        return f"The variable {name} is {value}: set it to 0 or more."
    if name == "connectops_max_fail_percentage" and not 0 <= value <= 100:
        return f"The variable {name} is {value}: set it to 0 or more and at most 100."
    return None


def pattern_problem(source: str, pattern: str | list[str], known: Collection[str]) -> str | None:
    """A sentence about a name in a pattern of hosts that no host and no group has; None if there is none.

    Ansible ignores it: less would be done than was asked for, or, after ``!``, more. ``known``: the names of hosts and groups.
    """
    for part in split_host_pattern(pattern):
        name = part.lstrip("!&").partition("[")[0]
        if name not in known and not name.startswith(("~", "@")) and not {"*", "?"}.intersection(part):
            hint = did_you_mean(name, known, "name a host or group of the inventory.")
            return f"{source} has {name}, which the inventory does not have: {hint}"
    return None


def command_line_problem(arguments: Mapping[str, Any], load: Callable[[str], Any]) -> str | None:
    """Why ansible-playbook would leave out steps of a playbook of ours that it was started with; None if it would not.

    ``arguments``: those of its command line. ``load`` reads a file. A playbook that imports ours may have tags, and other plays
    to start at; a playbook that only imports ours counts as ours.
    """
    started = [one for one in arguments.get("args") or () if _is_whole_ours(str(one), load)]
    if not started:
        return None
    if start := arguments.get("start_at_task"):
        return f"--start-at-task {start} leaves out steps of {started[0]} that the others need: run it without --start-at-task."
    tags, skipped = arguments.get("tags") or ("all",), arguments.get("skip_tags") or ()
    if not {"all", "untagged"}.intersection(tags):
        return (
            f"--tags {','.join(tags)} leaves out every step of {started[0]}, as none has a tag: run it without --tags."
        )
    if {"all", "untagged"}.intersection(skipped):
        return f"--skip-tags {','.join(skipped)} leaves out every step of {started[0]}: run it without --skip-tags."
    return None


def is_ours(playbook: str) -> bool:
    return playbook.startswith(_COLLECTION) or is_our_folder(str(Path(playbook).resolve().parent))


def _is_whole_ours(playbook: str, load: Callable[[str], Any]) -> bool:
    """Whether a playbook is ours, or a user's own that has nothing but imports of ours, without tags."""
    path = Path(playbook).absolute()
    if is_ours(playbook) or not path.is_file():
        return is_ours(playbook)
    # A list without an import, and an empty one, is the user's own.
    entries = load(str(path)) or [{}]
    imported = [next((str(one[key]) for key in _IMPORTS if key in one and "tags" not in one), "") for one in entries]
    return all(_is_whole_ours(one if is_ours(one) else str(path.parent / one), load) for one in imported)


def is_our_folder(folder: str) -> bool:
    """Whether it is the folder of our playbooks, which Ansible calls ``playbook_dir`` in each play of them."""
    return Path(folder).resolve() == _PLAYBOOKS


def shared_url_problem(urls: Mapping[str, Collection[str]]) -> str | None:
    """Why two hosts cannot both be clusters, in a sentence; None if none share a worker. ``urls``: those of each host."""
    owners: dict[str, str] = {}
    for label, of_host in urls.items():
        for url in of_host:
            owner = owners.setdefault(_worker(url), label)
            if owner != label:
                # Without the URL: somebody may have put a secret into its path.
                return (
                    f"{owner} and {label} are the same Connect cluster: both have one worker in connectops_connect_url. Each"
                    " connector would be changed twice: keep one host for it, with all its URLs, or correct the URL."
                )
    return None


def _worker(url: str) -> str:
    """The URL in the form in which all spellings of it are equal."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    except ValueError:
        # The task that reads the cluster says what is wrong with it.
        return url
    return f"{(parts.hostname or '').rstrip('.')}:{port}{parts.path.rstrip('/')}"
