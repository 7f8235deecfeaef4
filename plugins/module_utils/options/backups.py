# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where backups and journals are kept, and the label of the cluster, which is the name of its folder there."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import CLUSTER_LABEL, cluster_label_of
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import CONNECTORS_OR_ALL
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)

_TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
DEFAULT_BACKUP_DIR = "~/.connectops/backups"


@dataclass(frozen=True)
class BackupOptions:
    """The folder or the topic of all backups, and the label of this cluster."""

    backup_dir: str = option(
        "backup_dir",
        "path",
        "Folder for backups and for the journal of a change in progress, on the host that runs the task.",
        "Each connector has its own folder in it, at C(<cluster_label>/<connector>).",
        "Where its journal exists, under the same O(cluster_label), the change of a killed reset is finished with its backup."
        " Elsewhere a later run finishes it by the mark in the connector's config, without the backup.",
        "Not used if O(backup_topic) is set.",
        default=DEFAULT_BACKUP_DIR,
    )
    cluster_label: str = field_for(
        replace(
            CLUSTER_LABEL,
            description=(
                "Name of the cluster in output for people, and of its folder in O(backup_dir). Do not change it between runs.",
                *CLUSTER_LABEL.description[1:],
            ),
        )
    )
    backup_topic: str | None = option(
        "backup_topic",
        "str",
        "Compacted Kafka topic for backups and journals, in place of O(backup_dir). The change of a killed reset"
        " is then finished with its backup from any host that uses the same topic and O(cluster_label).",
        "The topic is on the brokers of O(kafka_bootstrap_servers), which is required with it.",
    )
    backup_topic_create: bool = option(
        "backup_topic_create",
        "bool",
        "Allow the creation of a missing O(backup_topic), with C(cleanup.policy=compact), and 3 replicas if there are 3 brokers.",
        "With V(false), a missing topic is an error. A misspelt name then creates nothing.",
        default=False,
    )

    @property
    def is_default_dir(self) -> bool:
        """Whether neither a folder nor a topic is set."""
        return self.backup_topic is None and os.path.expanduser(self.backup_dir) == os.path.expanduser(
            DEFAULT_BACKUP_DIR
        )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> BackupOptions:
        """The options among a task's parameters. Raises InputError.

        Without a label, the parameter ``connect_url`` must not be empty.
        """
        options = cls(**{**values_of(cls, params), "cluster_label": cluster_label_of(params)})
        _check_topic(options, params)
        return options


@dataclass(frozen=True)
class KeepOptions:
    """Which backups are kept after a change; None means no limit."""

    count: int | None = option(
        "backup_keep",
        "int",
        "How many backups to keep of each connector. After a successful change, older ones are deleted.",
        "The newest backup is never deleted. Neither is the backup of an unfinished change.",
        "Without this and O(backup_keep_days), no backup is ever deleted. With both, a backup is deleted only if it"
        " exceeds both limits.",
    )
    days: float | None = option(
        "backup_keep_days",
        "float",
        "For how many days to keep the backups of each connector. See O(backup_keep).",
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> KeepOptions:
        """The options among a task's parameters. Raises InputError."""
        options = cls(**values_of(cls, params))
        if options.count is not None and options.count < 1:
            raise InputError(f"backup_keep is {options.count}: set it to 1 or more, or leave it out to keep all.")
        if options.days is not None and not (math.isfinite(options.days) and options.days > 0):
            raise InputError(f"backup_keep_days is {options.days:g}: set it to more than 0, or leave it out.")
        return options


def _check_topic(options: BackupOptions, params: Mapping[str, Any]) -> None:
    topic = options.backup_topic
    if topic is None:
        if options.backup_topic_create:
            raise InputError("backup_topic_create is true, but backup_topic is not set: set backup_topic.")
        return
    if not _TOPIC_NAME.fullmatch(topic) or topic in (".", ".."):
        raise InputError(
            f"backup_topic {topic!r} is not a name of a topic: use at most 249 letters, digits, dots, hyphens and underscores."
        )
    if not any(str(server).strip() for server in params.get("kafka_bootstrap_servers") or ()):
        raise InputError(
            "backup_topic is set without kafka_bootstrap_servers, so it cannot be read: set kafka_bootstrap_servers."
        )
    for other in ("offsets_topic", "config_topic"):
        if params.get(other) == topic:
            raise InputError(f"backup_topic and {other} are both {topic}: name a topic of its own for backups.")


BACKUP_SPEC = argument_spec(options_of(BackupOptions))
KEEP_SPEC = argument_spec(options_of(KeepOptions))
# What a list of backups needs to know of the place; without a connection to Connect there is no other label.
LISTING = (
    replace(
        CONNECTORS_OR_ALL,
        description=("Names of the connectors. If empty, the backups of all connectors are listed.",),
    ),
    *(
        replace(
            one,
            required=True,
            description=(
                "Name of the cluster, as in the tasks that made the backups. The playbooks use the name of the inventory host.",
                "For tasks without this option it is the host and port of their first C(connect_url).",
            ),
        )
        if one.name == CLUSTER_LABEL.name
        else one
        for one in options_of(BackupOptions)
        if one.name in ("backup_dir", "backup_topic", CLUSTER_LABEL.name)
    ),
)
LISTING_SPEC = argument_spec(LISTING)
