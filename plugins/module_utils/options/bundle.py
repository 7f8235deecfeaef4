# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a support bundle is written, and how much of the logs it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import CONNECTORS_OR_ALL
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import PROFILES
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)


@dataclass(frozen=True)
class BundleOptions:
    """``connectors``: empty for all of the cluster. ``log_lines``: how many of the last lines of all logs together."""

    connectors: tuple[str, ...] = field_for(CONNECTORS_OR_ALL)
    profiles: tuple[Mapping[str, Any], ...] = field_for(PROFILES)
    log_lines: int = option(
        "log_lines",
        "int",
        "Number of lines of the workers' logs that the bundle holds: the last ones of all logs together.",
        default=2000,
    )
    bundle_dir: str = option(
        "bundle_dir",
        "path",
        "Folder for the bundle, on the host that runs the task. It is created if it does not exist.",
        "The bundle is readable by its owner only.",
        default="~/.connectops/bundles",
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> BundleOptions:
        """The options among a task's parameters. Raises InputError."""
        options = cls(**values_of(cls, params))
        if options.log_lines < 0:
            raise InputError(f"log_lines is {options.log_lines}: set it to 0 or more.")
        if not options.bundle_dir.strip():
            raise InputError("bundle_dir is empty: name a folder, or leave the option out.")
        return options


BUNDLE_SPEC = argument_spec(options_of(BundleOptions))
