# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where metrics go, and of how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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
class MetricsOptions:
    """``connectors``: empty for all of the cluster. At least one of ``metrics_dir`` and ``pushgateway_url`` is set."""

    connectors: tuple[str, ...] = field_for(CONNECTORS_OR_ALL)
    profiles: tuple[Mapping[str, Any], ...] = field_for(PROFILES)
    metrics_dir: str | None = option(
        "metrics_dir",
        "path",
        "Folder of the textfile collector of C(node_exporter), on the host that runs the task. It must exist.",
        "The file of a cluster is C(connectops_<cluster_label>.prom). It is replaced as a whole, and everybody may read it.",
    )
    metrics_partitions: int = option(
        "metrics_partitions",
        "int",
        "Number of source partitions of each connector that have metrics of their own, the worst first.",
        default=200,
    )
    pushgateway_url: str | None = option(
        "pushgateway_url",
        "str",
        "URL of a Pushgateway, for example V(http://pushgateway:9091).",
        "The metrics are pushed with the job V(connectops) and the label C(cluster).",
    )
    pushgateway_username: str | None = option(
        "pushgateway_username", "str", "User name for HTTP basic authentication at the Pushgateway."
    )
    pushgateway_password: str | None = option(
        "pushgateway_password", "str", "Password for HTTP basic authentication at the Pushgateway.", no_log=True
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> MetricsOptions:
        """The options among a task's parameters. Raises InputError; no message repeats a secret."""
        options = cls(**values_of(cls, params))
        if not options.metrics_dir and not options.pushgateway_url:
            raise InputError("Neither metrics_dir nor pushgateway_url is set: set at least one of them.")
        if options.metrics_partitions < 0:
            raise InputError(f"metrics_partitions is {options.metrics_partitions}: set it to 0 or more.")
        if bool(options.pushgateway_username) != bool(options.pushgateway_password):
            raise InputError("pushgateway_username and pushgateway_password belong together: set both or none.")
        _check_url(options.pushgateway_url)
        return options


METRICS_SPEC = argument_spec(options_of(MetricsOptions))


def _check_url(text: str | None) -> None:
    if not text:
        return
    if "@" in text:
        raise InputError(
            "pushgateway_url contains a user name or password: remove them and set pushgateway_username and"
            " pushgateway_password."
        )
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_url = False
    if not is_url or parts.query or parts.fragment:
        raise InputError(
            f'pushgateway_url "{text}" is not the URL of a Pushgateway: write it as http://pushgateway:9091.'
        )
