# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where backups and journals are kept, and the label of the cluster, which is the name of its folder there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    option,
    options_of,
    values_of,
)

DEFAULT_BACKUP_DIR = "~/.connectops/backups"


@dataclass(frozen=True)
class BackupOptions:
    """The folder of all backups, and the label of this cluster."""

    backup_dir: str = option(
        "backup_dir",
        "path",
        "Folder for backups and for the journal of a change in progress, on the host that runs the task.",
        "Each connector has its own folder in it, at C(<cluster_label>/<connector>).",
        "A reset that was killed can only be found and finished where its journal still exists, under the same"
        " O(cluster_label).",
        default=DEFAULT_BACKUP_DIR,
    )
    cluster_label: str = option(
        "cluster_label",
        "str",
        "Name of the cluster in output for people, and of its folder in O(backup_dir). Do not change it between runs.",
        "Without it, the host and port of the first URL are used.",
    )

    @property
    def is_default_dir(self) -> bool:
        """Whether nobody has named the folder."""
        return os.path.expanduser(self.backup_dir) == os.path.expanduser(DEFAULT_BACKUP_DIR)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> BackupOptions:
        """The options among a task's parameters, whose ``connect_url`` must not be empty."""
        values = values_of(cls, params)
        return cls(values["backup_dir"], values["cluster_label"] or urlsplit(params["connect_url"][0]).netloc)


BACKUP_SPEC = argument_spec(options_of(BackupOptions))
