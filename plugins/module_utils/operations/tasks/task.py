# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation is given and what it gives back: the same for a module, an action plugin and a test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError, unexpected
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import is_in_container
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers


def say_nothing(message: str) -> None:
    """A module that was shipped cannot show anything before its end."""


def show_nothing(lines: Sequence[str]) -> None:
    """For a task that is not asked to show its preview."""


@dataclass(frozen=True)
class TaskContext:
    """How the task runs; ``now`` is epoch seconds.

    ``progress`` shows a person how far a long read has come; ``sleep`` waits for seconds; ``clock`` counts seconds from any
    moment. ``alert`` shows a sentence also when the run is being ended. ``show`` shows the preview of a change before anything
    is changed. ``shared``: what services outside Connect have answered to the tasks of this run. ``with_diff``: whether the
    result has a diff.
    """

    check_mode: bool
    now: float
    progress: Callable[[str], None] = say_nothing
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    alert: Callable[[str], None] = say_nothing
    show: Callable[[Sequence[str]], None] = show_nothing
    shared: Sharing = field(default_factory=SharedAnswers)
    with_diff: bool = True


@dataclass
class Outcome:
    """The task's result (JSON values without secrets) and the warnings that go with it."""

    result: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


Operation = Callable[[Mapping[str, Any], TaskContext], Outcome]


def each_once(names: Iterable[str]) -> list[str]:
    """The names of connectors without repeats. Raises InputError when there is none."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        raise InputError("connectors is empty: name at least one connector.")
    return wanted


def for_each_connector(names: Iterable[str], do: Callable[[str, Outcome], None], result: dict[str, Any]) -> Outcome:
    """Do it for every connector, once each; after one that fails, the others still get their turn.

    Raises RecoveryError after the last one when any failed; its facts are the result, with the failed ones in it.
    """
    outcome = Outcome(result)
    failures: list[str] = []
    for name in each_once(names):
        try:
            do(name, outcome)
        except ImportError:
            # It is the same for all of them.
            raise
        except Exception as error:
            failure = error if isinstance(error, RecoveryError) else unexpected(name, error)
            failures.append(failure.sentence)
            outcome.result["connectors"][name] = {"failed": True, "msg": failure.sentence, **failure.facts}
            # A connector that failed may have changed nevertheless.
            outcome.result["changed"] = outcome.result["changed"] or bool(failure.facts.get("changed"))
    if failures:
        raise RecoveryError(" ".join(failures), warnings=outcome.warnings, **outcome.result)
    return outcome


def warnings_about_folder(backups: BackupOptions, context: TaskContext) -> tuple[str, ...]:
    """A warning where the folder of backups is likely to be gone after the run; before a change it is shown at once."""
    if not (backups.is_default_dir and is_in_container()):
        return ()
    warning = steps.in_container(backups.backup_dir)
    if not context.check_mode:
        # The warnings of a task are shown when it has ended.
        context.progress(warning)
    return (warning,)
