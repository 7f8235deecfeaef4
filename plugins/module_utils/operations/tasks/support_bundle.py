# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A support bundle: everything known about a cluster, as far as it can be read, in one archive without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.documents import part_of_path
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import (
    folder_problem,
)
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import open_to_look
from ansible_collections.connectops.recovery.plugins.module_utils.bundles import (
    bundle_bytes,
    write_bundle,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.connect.routes import PROBE
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import kinds_from, shown_settings
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import log_without_secrets
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    lines_of_secrets,
    redacted,
    secret_values,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.support import Bundle, Part
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import MissingLibrary
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import ClusterViews
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offsets_facts import FACT, read_facts
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.bundle import BundleOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_SUPPORT_BUNDLE
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import (
    WORKER_LOG_SPEC,
    WorkerLogOptions,
)
from ansible_collections.connectops.recovery.plugins.module_utils.versions import versions_here
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import read_worker_logs

# The newest backups of each connector are enough to show the values before the last changes.
_MOST_BACKUPS = 10
_WORKER_SECONDS = 5.0
_MOST_AT_ONCE = 8


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Write the bundle of one cluster; nothing in the cluster changes. In check mode nothing is written.

    Raises RecoveryError, after the bundle is written, where the connectors could not be read at all.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return make_bundle(client, params, context)


def make_bundle(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    options, label = BundleOptions.read(params), BackupOptions.read(params).cluster_label
    folder = Path(options.bundle_dir).expanduser()
    if (problem := folder_problem(folder)) is not None:
        raise InputError(f"bundle_dir: {problem}")
    reading = _Reading(cluster, params, context, options)
    bundle = Bundle(label, context.now, reading.parts(), reading.warnings)
    name = f"connectops-{part_of_path(label)}-{bundle.stamp}"
    path = folder / f"{name}.tar.gz"
    content = bundle_bytes(name, bundle.files(reading.secrets), context.now)
    if not context.check_mode:
        write_bundle(path, content)
    result = {
        "changed": False,
        "bundle_file": str(path),
        "parts": [part.as_data() for part in bundle.parts],
        "preview": bundle.lines(str(path), is_written=not context.check_mode),
    }
    warnings = [f"The support bundle has no {one.file}: {one.problem}" for one in bundle.missing if one.is_wanted]
    if reading.failure is not None:
        has = "would have" if context.check_mode else "has"
        raise RecoveryError(
            f"{reading.failure} The support bundle {path} {has} everything else that could be read.", **result
        )
    return Outcome(result, [*reading.warnings, *warnings])


class _Reading:
    """Reads one part after the other. ``failure``: why the connectors could not be read at all; None where they were.

    ``rest_problem``: why Connect could not be asked. ``secrets``: all that are known once the parts are read. ``warnings``:
    those of the facts.
    """

    def __init__(
        self, cluster: Cluster, params: Mapping[str, Any], context: TaskContext, options: BundleOptions
    ) -> None:
        self._cluster = cluster
        self._params = params
        self._context = context
        self._options = options
        self.failure: str | None = None
        self.rest_problem: str | None = None
        self.warnings: list[str] = []
        self.secrets = _given_secrets(params)

    def parts(self) -> list[Part]:
        """All parts in the order of the page. Raises InputError, or NotFound for a connector that does not exist."""
        log, lines = self._log()
        views, facts = self._facts(with_logs=log.problem is None)
        connectors = () if views is None else views.snapshot.connectors
        for connector in (*connectors, *self._others()):
            self.secrets |= secret_values(connector.config, self._secret_keys(connector) or ())
        self.secrets |= lines_of_secrets(self.secrets)
        if log.problem is None:
            shown = log_without_secrets(lines, self.secrets, self._options.log_lines)
            log = replace(log, content="".join(f"{line}\n" for line in shown))
        # Every text that Connect gives from now on is without them.
        self._cluster.hide(self.secrets)
        by_name = {connector.name: connector for connector in connectors}
        of_cluster = [
            Part("versions.json", self._versions(views)),
            *facts,
            self._of_rest("status.json", lambda: _by_name(by_name, self._status)),
            Part("settings.json", _by_name(by_name, lambda name: self._settings(by_name[name])), self.failure),
            self._of_rest("workers.json", lambda: self._workers(connectors)),
            self._of_rest("plugins.json", lambda: [one.as_data() for one in self._cluster.plugins()]),
        ]
        return [*of_cluster, self._backups(), log]

    def _others(self) -> Iterable[Connector]:
        """The connectors that were not named, where some were: the workers' logs may repeat their secrets."""
        if not self._options.connectors or self.rest_problem is not None:
            return ()
        try:
            return self._cluster.connectors().values()
        except RecoveryError as error:
            self.warnings.append(f"The logs may repeat secrets of connectors that were not named: {error.sentence}")
            return ()

    def _of_rest(self, file: str, read: Callable[[], Any]) -> Part:
        """A part that only Connect itself can return; it is not asked again once it did not answer."""
        if self.rest_problem is not None:
            return Part(file, problem=self.rest_problem)
        try:
            return Part(file, read())
        except RecoveryError as error:
            return Part(file, problem=error.sentence)

    def _log(self) -> tuple[Part, Sequence[str]]:
        """The log without a text yet, and its lines; they are shown when all secrets are known."""
        options = WorkerLogOptions.read(self._params)
        if not options.is_given:
            return Part("log.txt", problem="no worker_logs were named.", is_wanted=False), ()
        try:
            logs = read_worker_logs(options)
        except InputError as error:
            return Part("log.txt", problem=error.sentence), ()
        lines = [line for line in logs.lines if line]
        if not lines and logs.problems:
            return Part("log.txt", problem=" ".join(logs.problems)), ()
        return Part("log.txt"), lines

    def _facts(self, *, with_logs: bool) -> tuple[ClusterViews | None, list[Part]]:
        try:
            logs = {} if with_logs else dict.fromkeys(WORKER_LOG_SPEC)
            views, outcome = read_facts(self._cluster, {**self._params, **logs}, self._context)
        except (InputError, MissingLibrary, NotFound):
            raise
        except RecoveryError as error:
            self.failure = self.rest_problem = error.sentence
            return None, [Part(file, problem=error.sentence) for file in ("verdicts.txt", "facts.json")]
        self.warnings = outcome.warnings
        self.rest_problem = views.sources["rest"]["problem"]
        fact = outcome.result["ansible_facts"][FACT]
        preview = "".join(f"{line}\n" for line in fact["preview"])
        data = {name: value for name, value in fact.items() if name != "preview"}
        return views, [Part("verdicts.txt", preview), Part("facts.json", data)]

    def _versions(self, views: ClusterViews | None) -> dict[str, Any]:
        read = None if views is None else views.snapshot
        return {
            "kafka_connect": None if read is None else read.version,
            "kafka_cluster_id": None if read is None else read.cluster_id,
            **versions_here(),
        }

    def _secret_keys(self, connector: Connector) -> frozenset[str] | None:
        """The keys that the plugin declares as secrets; None where it cannot be asked."""
        return None if self.rest_problem else self._cluster.secret_keys(connector.connector_class)

    def _status(self, name: str) -> dict[str, Any]:
        try:
            return self._cluster.traces(name).as_data()
        except RecoveryError as error:
            return {"problem": error.sentence}

    def _settings(self, connector: Connector) -> dict[str, str | None]:
        secret_keys = self._secret_keys(connector)
        if secret_keys is not None:
            return redacted(connector.config, secret_keys)
        shown = shown_settings(kinds_from(self._params, self._context.shared), connector)
        return {name: shown.get(name, HIDDEN) for name in sorted(connector.config)}

    def _workers(self, connectors: tuple[Connector, ...]) -> dict[str, Any]:
        def ask(worker_id: str) -> dict[str, str]:
            try:
                answer = self._cluster.worker_answer(worker_id, PROBE, _WORKER_SECONDS)
            except NotFound:
                return {"outcome": "answered", "reason": ""}
            except RecoveryError as error:
                return {"outcome": "unreachable", "reason": error.sentence}
            return {"outcome": answer.outcome, "reason": answer.reason}

        return _by_name(frozenset[str]().union(*(one.status.worker_ids for one in connectors)), ask)

    def _backups(self) -> Part:
        options, kafka = BackupOptions.read(self._params), KafkaOptions.read(self._params)
        try:
            with open_to_look(options, kafka, None) as stores:
                kept = {name: _contents(stores.of(name)) for name in stores.connectors()}
                nothing = f"there are no backups in {stores.place}."
        except RecoveryError as error:
            return Part("backups.json", problem=error.sentence)
        return Part("backups.json", kept) if kept else Part("backups.json", problem=nothing, is_wanted=False)


def _contents(store: BackupStore) -> dict[str, Any]:
    """What is kept of one connector; a store that cannot be read must not hide the others."""
    try:
        return store.contents(_MOST_BACKUPS) or {"problem": f"No document of it is in {store.place}."}
    except RecoveryError as error:
        return {"problem": error.sentence}


def _by_name(names: Iterable[str], read: Callable[[str], Any]) -> dict[str, Any]:
    """What is read of each, many at once, sorted by name."""
    ordered = sorted(names)
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        return dict(zip(ordered, pool.map(read, ordered), strict=True))


def _given_secrets(params: Mapping[str, Any]) -> frozenset[str]:
    """The secrets among the options of the task."""
    found: set[str] = set()
    for name, spec in CONNECT_SUPPORT_BUNDLE.items():
        value = params.get(name) if spec.get("no_log") else None
        found.update(map(str, value.values()) if isinstance(value, Mapping) else (str(value),) if value else ())
    return frozenset(found)
