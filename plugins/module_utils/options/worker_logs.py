# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the workers' logs are read: files, the systemd journal, or the output of a user's command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    option,
    options_of,
    values_of,
)

COMMAND_SECONDS = 60


@dataclass(frozen=True)
class WorkerLogOptions:
    """All may be empty. ``files`` are paths on the host that runs the task; ``command`` is a program and its arguments."""

    files: tuple[str, ...] = option(
        "worker_logs",
        "list",
        "Log files of the workers, readable on the host that runs the task. The last 8 MiB of each file are read.",
        "Logs show at which partition the polls of the Stripe reporting connector fail, which timezones a task has dropped, and"
        " the last warning or error of a connector of any class.",
        elements="path",
        default=[],
    )
    units: tuple[str, ...] = option(
        "worker_log_units",
        "list",
        "Systemd units of the workers, for example V(kafka-connect). The last 8 MiB of each unit's journal are read with"
        " C(journalctl) on the host that runs the task.",
        elements="str",
        default=[],
    )
    command: tuple[str, ...] = option(
        "worker_log_command",
        "list",
        "Command that prints the workers' logs, as a list of the program and its arguments. It runs on the host that runs the"
        " task, without a shell, in check mode too, so it must only read.",
        f"It may take {COMMAND_SECONDS} seconds. The last 8 MiB of its output are read.",
        "A command that fails is reported in one sentence, and the task goes on without these logs.",
        elements="str",
        default=[],
    )

    @property
    def is_given(self) -> bool:
        return bool(self.files or self.units or self.command)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> WorkerLogOptions:
        """The options among a task's parameters. Raises InputError for a unit or a program without a name."""
        options = cls(**values_of(cls, params))
        for unit in options.units:
            if not unit.strip() or unit.startswith("-"):
                raise InputError(
                    f"worker_log_units: {unit!r} is not a systemd unit: write its name, such as kafka-connect."
                )
        if options.command and not options.command[0].strip():
            raise InputError("worker_log_command begins with a blank: write the program first, then its arguments.")
        return options


WORKER_LOG_SPEC = argument_spec(options_of(WorkerLogOptions))
