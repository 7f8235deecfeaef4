# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka Connect's JSON as core types.

The functions raise AttributeError, KeyError, TypeError or ValueError for JSON of another shape; :data:`WRONG_SHAPE`
lists these. The client turns them into a sentence, because an exception's own text may repeat a value of the reply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import (
    clean,
    maskable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    Status,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted_log
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import state_of

WRONG_SHAPE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class ClusterInfo:
    """The answer to ``GET /``; ``version`` is whatever the vendor stamped, ``kafka_cluster_id`` may be empty."""

    version: str
    kafka_cluster_id: str


@dataclass(frozen=True)
class ValidationError:
    """What the connector's plugin reports for one key of a config; ``messages`` contain no value of the config."""

    key: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Validation:
    """The plugin's opinion of a config; it accepts a config without ``errors``.

    ``secret_keys`` are those of Connect's type PASSWORD. ``defaults`` has, for each of the other keys, the value (a
    string or None) that applies when the key is not set.
    """

    errors: tuple[ValidationError, ...]
    secret_keys: frozenset[str]
    defaults: Mapping[str, str | None]


@dataclass(frozen=True)
class WorkerAnswer:
    """What one worker said about a connector.

    ``answered``: its herder thread served the call and knows these ``tasks`` (numbers) of the connector.
    ``busy``: the worker is there, but was rebalancing, starting, or did not answer in time; ask again.
    ``silent``: the address accepts connections, but does not even answer what a worker answers while it ends tasks.
    ``unreachable``: the worker cannot be asked from here; asking again does not help.
    ``reason`` is empty for ``answered``.
    """

    outcome: Literal["answered", "busy", "silent", "unreachable"]
    tasks: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Traced:
    """A connector or a task as its status has it, with its whole ``trace``; None where there is none."""

    state: str
    worker_id: str
    trace: str | None = field(repr=False)


@dataclass(frozen=True)
class Traces:
    """The traces of a connector and of its ``tasks``, by their numbers. Unlike in a ``Status``, any word may be a state."""

    connector: Traced
    tasks: Mapping[int, Traced]

    def as_data(self) -> dict[str, Any]:
        return {
            "connector": asdict(self.connector),
            "tasks": {str(number): asdict(task) for number, task in self.tasks.items()},
        }


@dataclass(frozen=True)
class Plugin:
    """A plugin of a worker; a text that Connect does not return is empty."""

    class_name: str
    type: str
    version: str

    def as_data(self) -> dict[str, str]:
        return {"class": self.class_name, "type": self.type, "version": self.version}


def cluster_info(data: Any) -> ClusterInfo:
    """``{"version", "commit", "kafka_cluster_id"}``; the commit must be there, since other servers have a version, too.

    Old versions leave out the last one.
    """
    _text(data["commit"])
    return ClusterInfo(version=_text(data["version"]), kafka_cluster_id=_text(data.get("kafka_cluster_id") or ""))


def names(data: Any) -> list[str]:
    """``["name", ...]``."""
    return [_text(name) for name in data]


def config(data: Any) -> dict[str, str | None]:
    """``{"key": "value" or null}``."""
    return {key: None if value is None else _text(value) for key, value in data.items()}


def status(data: Mapping[str, Any]) -> Status:
    """``{"connector": {"state", "worker_id"}, "tasks": [{"id", "state", "worker_id"}], "type"}``, each with a ``trace``."""
    head = data["connector"]
    return Status(
        state=state_of(head["state"]),
        worker_id=str(head.get("worker_id") or ""),
        tasks=tuple(
            Task(
                int(task["id"]),
                state_of(task["state"]),
                str(task.get("worker_id") or ""),
                _first_line(task.get("trace")),
            )
            for task in data["tasks"]
        ),
        type=str(data.get("type") or "unknown"),
        trace=_first_line(head.get("trace")),
    )


def _first_line(trace: Any) -> str | None:
    """What failed, without the stack and without values of a config; None where there is no trace."""
    line = clean(str(trace or "").strip().partition("\n")[0])
    return line or None


def traces(data: Mapping[str, Any], secrets: frozenset[str]) -> Traces:
    """The same status with its whole traces, which lose ``secrets`` and what looks like one."""

    def part(of: Mapping[str, Any]) -> Traced:
        trace = None if of.get("trace") is None else quoted_log(str(of["trace"]), secrets)
        return Traced(str(of["state"]), str(of.get("worker_id") or ""), trace)

    return Traces(part(data["connector"]), {int(task["id"]): part(task) for task in data["tasks"]})


def plugins(data: Any) -> tuple[Plugin, ...]:
    """``[{"class", "type", "version"}]``."""
    return tuple(Plugin(*(str(plugin.get(key) or "") for key in ("class", "type", "version"))) for plugin in data)


def password_keys(data: Any) -> frozenset[str]:
    """The keys of type PASSWORD in ``[{"name", "type"}]``, what a plugin declares."""
    return frozenset(_text(one["name"]) for one in data if one["type"] == "PASSWORD")


def topics(data: Any, name: str) -> tuple[str, ...]:
    """The answer to ``GET /connectors/<name>/topics``, sorted."""
    return tuple(sorted(str(one) for one in data[name]["topics"]))


def offsets(entries: Iterable[Mapping[str, Any]]) -> tuple[StoredOffset, ...]:
    """``[{"partition": {...}, "offset": {...} or null}]``, in the same order."""
    return tuple(StoredOffset(Partition.of(entry["partition"]), entry["offset"]) for entry in entries)


def info(data: Any) -> tuple[str, dict[str, str | None]]:
    """Type and config of ``{"type", "config"}``; the type is ``unknown`` if Connect does not return it."""
    return str(data.get("type") or "unknown"), config(data["config"])


def connector(name: str, its_info: Any, its_status: Any) -> Connector:
    """One connector from what :func:`info` and :func:`status` take."""
    known = status(its_status)
    kind, its_config = info(its_info)
    return Connector.of(name, known.type if kind == "unknown" else kind, its_config, known)


def connectors(data: Any) -> dict[str, Connector]:
    """``{"name": {"info": {...}, "status": {...}}}``; a part may be missing, also of all connectors.

    Leaves out a connector that lacks one of the two. The result is empty for the ``["name", ...]`` of Kafka before 2.3.
    """
    if isinstance(data, list):
        return {}
    parts_by_name = {name: (parts.get("info"), parts.get("status")) for name, parts in data.items()}
    return {
        name: connector(name, its_info, its_status)
        for name, (its_info, its_status) in parts_by_name.items()
        if its_info is not None and its_status is not None
    }


def statuses(data: Any, names: Collection[str]) -> dict[str, Status]:
    """The statuses of the named ones in ``{"name": {"status": {...}}}``; as in :func:`connectors`, any may be missing."""
    if isinstance(data, list):
        return {}
    return {name: status(data[name]["status"]) for name in names if "status" in data.get(name, {})}


def task_numbers(data: Any) -> tuple[int, ...]:
    """The numbers of the tasks in ``{"tasks": [{"task": 0}]}``."""
    return tuple(int(task["task"]) for task in data["tasks"])


def validation(data: Any, sent: Mapping[str, str | None], secrets: frozenset[str]) -> Validation:
    """``{"configs": [{"definition": {...} or null, "value": {...}}]}`` for the config ``sent``.

    The texts of the errors lose ``secrets`` and all values of the config.
    """
    definitions = [entry["definition"] for entry in data["configs"] if entry["definition"] is not None]
    checked = [entry["value"] for entry in data["configs"]]
    # The worker has replaced the placeholders: its values may be secrets that the config did not contain as sent.
    resolved = {value["name"]: value["value"] for value in checked if value["name"] in sent}
    masked = secrets | maskable(sent) | maskable(resolved)
    secret_keys = frozenset(known["name"] for known in definitions if known["type"] == "PASSWORD")
    return Validation(
        errors=tuple(
            ValidationError(value["name"], tuple(clean(text, masked) for text in value["errors"]))
            for value in checked
            if value["errors"]
        ),
        secret_keys=secret_keys,
        defaults={
            known["name"]: None if known["default_value"] is None else str(known["default_value"])
            for known in definitions
            if known["name"] not in secret_keys
        },
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
