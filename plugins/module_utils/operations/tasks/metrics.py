# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of a cluster, for the monitoring. Changes nothing in the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import (
    cluster_families,
    look_families,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import MissingLibrary
from ansible_collections.connectops.recovery.plugins.module_utils.monitoring import (
    kept_metrics,
    metrics_file,
    push_metrics,
    registry_of,
    text_of,
    write_metrics,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offsets_facts import FACT, read_facts
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import MetricsOptions

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


@dataclass(frozen=True)
class Look:
    """What came of a look. ``facts`` None: the look failed, because of ``problem``."""

    facts: Mapping[str, Any] | None
    took_seconds: float
    warnings: tuple[str, ...] = ()
    problem: str | None = None


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Look at the cluster, and write and push the metrics; in check mode neither.

    A look that failed is a metric as well. Raises RecoveryError then, after it is written, or where it cannot be written.
    """
    options, label = MetricsOptions.read(params), BackupOptions.read(params).cluster_label
    file = metrics_file(options.metrics_dir, label) if options.metrics_dir else None
    return report(options, label, file, _look(params, context), context)


def report(options: MetricsOptions, label: str, file: Path | None, look: Look, context: TaskContext) -> Outcome:
    """:func:`run` after the look. ``file``: where the metrics are written; None: nowhere."""
    warnings = list(look.warnings)
    families = look_families(label, context.now, look.took_seconds, has_succeeded=look.facts is not None)
    kept = []
    if look.facts is not None:
        families += cluster_families(label, look.facts, options.metrics_partitions)
    elif file is not None:
        try:
            kept = kept_metrics(file)
        except RecoveryError as error:
            warnings.append(error.sentence)
    registry = registry_of(families, kept)
    problems = [] if look.problem is None else [look.problem]
    result: dict[str, Any] = {
        "changed": False,
        "look_success": look.facts is not None,
        "metrics_file": None if file is None else str(file),
    }
    if context.check_mode:
        result["metrics"] = text_of(registry).decode("utf-8")
    else:
        problems += _hand_on(options, label, file, registry, is_complete=look.facts is not None)
    if problems:
        raise RecoveryError(" ".join(problems), warnings=warnings, **result)
    return Outcome(result, warnings)


def _look(params: Mapping[str, Any], context: TaskContext) -> Look:
    began = context.clock()
    try:
        with ConnectClient(ConnectOptions.read(params)) as client:
            _views, outcome = read_facts(client, params, context)
    except (InputError, MissingLibrary):
        # A mistake in the options says nothing about the cluster.
        raise
    except RecoveryError as error:
        return Look(None, context.clock() - began, problem=error.sentence)
    return Look(outcome.result["ansible_facts"][FACT], context.clock() - began, tuple(outcome.warnings))


def _hand_on(
    options: MetricsOptions, label: str, file: Path | None, registry: CollectorRegistry, *, is_complete: bool
) -> list[str]:
    """Write and push; what goes wrong with one of them does not keep the other from being done."""
    problems = []
    try:
        if file is not None:
            write_metrics(file, registry)
    except RecoveryError as error:
        problems.append(error.sentence)
    try:
        if options.pushgateway_url:
            push_metrics(options, label, registry, is_complete=is_complete)
    except RecoveryError as error:
        problems.append(error.sentence)
    return problems
