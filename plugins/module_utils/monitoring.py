# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics in Prometheus' own form: as a file for the textfile collector of node_exporter, and pushed to a Pushgateway.

The library is imported where it is used, since no other task needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_whole
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import OF_THE_LOOK, Family
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import MetricsOptions

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

_JOB = "connectops"
# node_exporter runs as a user of its own.
_READABLE = 0o644
_PUSH_SECONDS = 30.0


def metrics_file(folder: str, cluster: str) -> Path:
    """The file of a cluster. Raises InputError if the path is not a folder."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise InputError(
            f"metrics_dir {path} is not a folder: set it to the folder that node_exporter reads"
            " (--collector.textfile.directory)."
        )
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"metrics_dir {path} cannot be written to: run as a user who can, or set another folder.")
    return path / f"connectops_{quote(cluster, safe='')}.prom"


def registry_of(families: Iterable[Family], kept: Sequence[Metric] = ()) -> CollectorRegistry:
    """The metrics as the library takes them. ``kept``: those of an earlier look."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import GaugeMetricFamily

    made: list[Metric] = []
    for family in families:
        gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
        for labels, value in family.samples:
            gauge.add_metric(labels, value)
        made.append(gauge)

    class Collector:
        def collect(self) -> Iterator[Metric]:
            yield from made
            yield from kept

    registry = CollectorRegistry()
    registry.register(Collector())
    return registry


def text_of(registry: CollectorRegistry) -> bytes:
    """The metrics as a textfile."""
    from prometheus_client import generate_latest

    return generate_latest(registry)


def kept_metrics(path: Path) -> list[Metric]:
    """What the file says of the last good look: all but the look itself. Nothing without a file.

    Raises RecoveryError for a file that cannot be read.
    """
    from prometheus_client.parser import text_string_to_metric_families

    try:
        metrics = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise RecoveryError(
            f"The metrics in {path} cannot be read ({error}), so those of the last good look are lost: they come back with the"
            " next good look."
        ) from None
    return [one for one in metrics if not one.name.startswith(OF_THE_LOOK)]


def write_metrics(path: Path, registry: CollectorRegistry) -> None:
    """Write the whole file, or leave the previous one. Raises RecoveryError."""
    try:
        write_whole(path, text_of(registry), _READABLE)
    except OSError as error:
        raise RecoveryError(
            f"The metrics cannot be written to {path} ({error.strerror}): set metrics_dir to a folder that can be written."
        ) from None


def push_metrics(options: MetricsOptions, cluster: str, registry: CollectorRegistry, *, is_complete: bool) -> None:
    """Push the metrics of a cluster. Raises RecoveryError.

    ``is_complete``: they take the place of all earlier ones. Otherwise earlier ones of other names stay.
    """
    from prometheus_client import push_to_gateway, pushadd_to_gateway

    push = push_to_gateway if is_complete else pushadd_to_gateway
    url = str(options.pushgateway_url)
    try:
        push(url, _JOB, registry, grouping_key={"cluster": cluster}, timeout=_PUSH_SECONDS, handler=_handler(options))
    except HTTPError as error:
        why = f"it answered with the status {error.code}"
        advice = (
            "check pushgateway_username and pushgateway_password" if error.code in (401, 403) else "look at its log"
        )
        raise RecoveryError(f"The Pushgateway at {url} did not take the metrics ({why}): {advice}.") from None
    except (URLError, OSError, ValueError) as error:
        why = str(getattr(error, "reason", None) or error)
        raise RecoveryError(
            f"The Pushgateway at {url} cannot be reached ({why}): check pushgateway_url, and that it runs."
        ) from None


def _handler(options: MetricsOptions) -> Callable[..., Callable[[], None]]:
    from prometheus_client.exposition import basic_auth_handler, default_handler

    if not options.pushgateway_username:
        return default_handler

    def with_login(url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes) -> Any:
        login = options.pushgateway_username, options.pushgateway_password
        return basic_auth_handler(url, method, timeout, headers, data, *login)

    return with_login
