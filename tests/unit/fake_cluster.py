# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kafka Connect cluster in memory, behind the protocol that operations use; its clock moves only when it is used.

It keeps what matters to a change: configs, target states that come into force late, tasks, offsets by partition, reads that
are stale for a while. Every call has a number, from 1, by which a test can let it fail, lose its answer, or let somebody else
do something first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    NotFound,
    NotStoppedYet,
    TimedOut,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import (
    ClusterInfo,
    Plugin,
    Traced,
    Traces,
    Validation,
    ValidationError,
    WorkerAnswer,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    Status,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

T = TypeVar("T")
WORKER = "connect-1:8083"
# What each call takes, so that a loop without a pause ends as well.
CALL_SECONDS = 0.001


class Killed(BaseException):
    """The process is gone: nothing that it would do after this has any effect."""


@dataclass(frozen=True)
class Call:
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Fault:
    """A call that raises ``error``, before it acts or (``acts``) after; ``instead`` is done in its place.

    ``late_seconds``: it acts only then, long after the error.
    """

    error: BaseException
    acts: bool = False
    late_seconds: float | None = None
    instead: Callable[[], None] | None = None


@dataclass
class FakeConnector:
    """A connector as the workers have it. ``on_stopped`` is done at the moment its task ends: a last commit, say.

    ``trace`` says why its task fails with the offsets that it starts with, half a second after the start; None: it works.
    ``on_resumed`` is done when it starts.
    """

    name: str = "c"
    config: dict[str, str] = field(default_factory=lambda: {"connector.class": "Orders"})
    offsets: dict[Partition, Offset | None] = field(default_factory=dict)
    state: str = "RUNNING"
    type: str = "source"
    worker: str = WORKER
    # In which state its task is once it has started, and the connector where that is FAILED.
    task_state: str = "RUNNING"
    on_stopped: Callable[[], None] | None = None
    on_resumed: Callable[[], None] | None = None
    trace: Callable[[Mapping[Partition, Offset | None]], str | None] = lambda offsets: None
    tasks: tuple[Task, ...] = ()
    # Those that the workers have seen it use; None where they do not track them.
    topics: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self.show(self.state)

    def show(self, state: str) -> None:
        """Be in this state from now on, with the tasks that belong to it: one that is paused while STOPPED gets none."""
        has_no_tasks = state == "STOPPED" or (state == "PAUSED" and self.state == "STOPPED")
        self.state = state
        task_state = self.task_state if state == "RUNNING" else state
        self.tasks = () if has_no_tasks else (Task(0, task_state, self.worker),)

    @property
    def status(self) -> Status:
        return Status(self.state, self.worker, self.tasks, self.type)


class FakeCluster:
    """A :class:`Cluster`. Orders come into force ``delay_seconds`` after they were given.

    All that :meth:`within` returns have the same attributes, but for the deadline.
    """

    __slots__ = ("__dict__", "deadline")

    clock_ahead_seconds = 0.0

    def __init__(self, *connectors: FakeConnector, timeout_seconds: float = 120.0) -> None:
        self.by_name = {connector.name: connector for connector in connectors or (FakeConnector(),)}
        self.calls: list[Call] = []
        # By number of the call, or made of its name then; by name of the method: the next ones, in order; by name: always.
        self.faults: dict[int, Fault | Callable[[str], Fault]] = {}
        self.next_faults: dict[str, list[Fault | None]] = {}
        self.broken: dict[str, BaseException] = {}
        # Done before the call of this number: somebody else's hand.
        self.meddling: dict[int, Callable[[], None]] = {}
        # What Connect answers to a change of offsets.
        self.says = "The offsets for this connector have been altered successfully"
        self.verbs = {"offsets": {"GET", "PATCH", "DELETE"}, "config": {"GET", "PUT", "PATCH"}}
        self.delay_seconds = 0.25
        # The number of reads after a write that still show what was there before it.
        self.stale_reads = 0
        # Partitions whose stored key REST cannot build: a write is answered 200 and changes nothing.
        self.unaddressable: set[Partition] = set()
        self.worker_answers: dict[str, list[WorkerAnswer]] = {}
        self.password_keys: frozenset[str] = frozenset()
        self.defaults: dict[str, str | None] = {}
        self.invalid: dict[tuple[str, str | None], str] = {}
        self.is_down = False
        self.is_dead = False
        self.hidden: set[str] = set()
        self.seconds = 0.0
        self._lock = threading.RLock()
        self.deadline = self._deadline(timeout_seconds)
        self._pending: list[tuple[float, str, str]] = []
        self._late: list[tuple[float, Callable[[], Any]]] = []
        self._stale: dict[tuple[str, str], tuple[int, Any]] = {}

    # The clock

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._not_dead()
            self.seconds += seconds
            self._come_into_force()

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, lambda: self.seconds, self.sleep)

    def within(self, deadline: Deadline) -> Cluster:
        other = FakeCluster.__new__(FakeCluster)
        other.__dict__ = self.__dict__
        other.deadline = deadline
        return other

    def within_share(self, part: float) -> Cluster:
        # No call takes longer than another here.
        return self

    def remaining_seconds(self) -> float:
        return self.deadline.remaining_seconds()

    def extend(self, seconds: float) -> None:
        self.deadline.extend(seconds)

    def restarted(self, timeout_seconds: float = 120.0) -> FakeCluster:
        """The same cluster for a new process: with a time of its own, and without faults."""
        self.calls = []
        self.faults, self.next_faults, self.broken, self.meddling = {}, {}, {}, {}
        self.is_dead = False
        self.deadline = self._deadline(timeout_seconds)
        return self

    # What a test looks at

    def methods(self, *among: str) -> list[str]:
        """The names of the methods that were called, in order; only those ``among``, if given."""
        return [call.method for call in self.calls if not among or call.method in among]

    @property
    def writes(self) -> list[str]:
        return self.methods("put_config", "patch_config", "stop", "pause", "resume", "alter_offsets")

    def settle(self) -> None:
        """Let everything that was ordered come into force."""
        self.seconds += self.delay_seconds
        self._come_into_force()

    def forget_orders(self) -> None:
        """Let none of the orders so far come into force: a later one counts."""
        self._pending = []

    def call(self, method: str, act: Callable[[], T], *arguments: Any, is_remote: bool = True) -> T:
        """One numbered call. A test's store of backups counts its own as well, which are not ``is_remote``."""
        with self._lock:
            return self._call(method, act, *arguments, is_remote=is_remote)

    def _call(self, method: str, act: Callable[[], T], *arguments: Any, is_remote: bool) -> T:
        self._not_dead()
        if is_remote:
            self.deadline.check()
        self.calls.append(Call(method, arguments))
        number = len(self.calls)
        if number in self.meddling:
            self.meddling.pop(number)()
        self.sleep(CALL_SECONDS)
        if is_remote and self.is_down:
            raise Unreachable("Kafka Connect cannot be reached at http://connect-1:8083: refused.")
        if is_remote and self.remaining_seconds() <= 0:
            raise TimedOut(f"Kafka Connect did not answer {method} in time: nothing was sent; raise timeout.")
        if method in self.broken:
            raise self.broken[method]
        coming = self.next_faults.get(method, [])
        fault = self.faults.pop(number, None) or (coming.pop(0) if coming else None)
        if fault is None:
            return act()
        if not isinstance(fault, Fault):
            fault = fault(method)
        if fault.acts:
            act()
        if fault.late_seconds is not None:
            self._late.append((self.seconds + fault.late_seconds, act))
        if fault.instead is not None:
            fault.instead()
        self.is_dead = isinstance(fault.error, Killed)
        raise fault.error

    # Cluster

    def hide(self, values: Iterable[str]) -> None:
        self.hidden.update(values)

    def root(self) -> ClusterInfo:
        return self.call("root", lambda: ClusterInfo("3.9.2", "kafka-1"))

    def names(self) -> list[str]:
        return self.call("names", lambda: sorted(self.by_name))

    def connectors(self) -> dict[str, Connector]:
        return self.call("connectors", self._all)

    def some_connectors(self, names: Collection[str]) -> dict[str, Connector]:
        return self.call("some_connectors", lambda: {name: one for name, one in self._all().items() if name in names})

    def _all(self) -> dict[str, Connector]:
        return {
            name: Connector.of(name, one.type, dict(one.config), one.status)
            for name, one in sorted(self.by_name.items())
        }

    def config(self, name: str) -> dict[str, str | None]:
        return self.call("config", lambda: self._maybe_stale("config", name, dict(self._found(name).config)), name)

    def status(self, name: str) -> Status:
        return self.call("status", lambda: self._found(name).status, name)

    def statuses(self, names: Collection[str]) -> dict[str, Status]:
        def read() -> dict[str, Status]:
            return {name: self.by_name[name].status for name in names if name in self.by_name}

        return self.call("statuses", read)

    def offsets(self, name: str) -> tuple[StoredOffset, ...]:
        def read() -> tuple[StoredOffset, ...]:
            now = tuple(StoredOffset(*one) for one in self._found(name).offsets.items())
            return self._maybe_stale("offsets", name, now)

        return self.call("offsets", read, name)

    def active_topics(self, name: str) -> tuple[str, ...] | None:
        return self.call("active_topics", lambda: self._found(name).topics, name)

    def traces(self, name: str) -> Traces:
        status = self.status(name)
        head = Traced(status.state, status.worker_id, status.trace)
        return Traces(head, {task.id: Traced(task.state, task.worker_id, task.trace) for task in status.tasks})

    def plugins(self) -> tuple[Plugin, ...]:
        classes = sorted({one.config["connector.class"] for one in self.by_name.values()})
        return tuple(Plugin(name, "source", "1") for name in classes)

    def secret_keys(self, plugin_class: str) -> frozenset[str] | None:
        return self.password_keys

    def validate(self, plugin_class: str, config: Mapping[str, str | None]) -> Validation:
        def check() -> Validation:
            errors = (
                ValidationError(key, (self.invalid[key, value],))
                for key, value in config.items()
                if (key, value) in self.invalid
            )
            return Validation(tuple(errors), self.password_keys, self.defaults)

        return self.call("validate", check, plugin_class, dict(config))

    def supports(self, verb: str, resource: Literal["offsets", "config"]) -> bool:
        return self.call("supports", lambda: verb in self.verbs[resource], verb, resource)

    def worker_answer(self, worker_id: str, name: str, timeout_seconds: float) -> WorkerAnswer:
        def answer() -> WorkerAnswer:
            answers = self.worker_answers.get(worker_id)
            if answers is None:
                mine = [task.id for task in self._found(name).tasks if task.worker_id == worker_id]
                return WorkerAnswer("answered", tuple(mine))
            return answers.pop(0) if len(answers) > 1 else answers[0]

        return self.call("worker_answer", answer, worker_id, name, timeout_seconds)

    def put_config(self, name: str, config: Mapping[str, str | None]) -> bool:
        def act() -> bool:
            self._store_config(name, config)
            return False

        return self.call("put_config", act, name, dict(config))

    def patch_config(self, name: str, changes: Mapping[str, str | None]) -> None:
        self.call(
            "patch_config",
            lambda: self._store_config(name, {**self._found(name).config, **changes}),
            name,
            dict(changes),
        )

    def stop(self, name: str) -> None:
        self.call("stop", lambda: self._order(name, "STOPPED"), name)

    def pause(self, name: str) -> None:
        self.call("pause", lambda: self._order(name, "PAUSED"), name)

    def resume(self, name: str) -> None:
        self.call("resume", lambda: self._order(name, "RUNNING"), name)

    def alter_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        def act() -> str:
            connector = self._found(name)
            if connector.state != "STOPPED" or connector.tasks:
                raise NotStoppedYet(
                    f'the offsets of connector "{name}" cannot be changed before it is STOPPED: stop it.'
                )
            self.store(name, {Partition.of(one["partition"]): one["offset"] for one in offsets})
            return self.says

        return self.call("alter_offsets", act, name, [dict(one) for one in offsets])

    # Within

    def store(self, name: str, changes: Mapping[Partition, Offset | None]) -> None:
        """Set offsets, or delete them (None), whatever the state."""
        stored = self._found(name).offsets
        self._keep_for_stale_reads("offsets", name, tuple(StoredOffset(*one) for one in stored.items()))
        for partition, offset in changes.items():
            if partition in self.unaddressable:
                continue
            if offset is None:
                stored.pop(partition, None)
            else:
                stored[partition] = dict(offset)

    def _store_config(self, name: str, config: Mapping[str, str | None]) -> None:
        connector = self._found(name)
        self._keep_for_stale_reads("config", name, dict(connector.config))
        connector.config = {key: value for key, value in config.items() if value is not None}

    def _order(self, name: str, state: str) -> None:
        self._found(name)
        self._pending.append((self.seconds + self.delay_seconds, name, state))

    def _come_into_force(self) -> None:
        arrived = [act for moment, act in self._late if moment <= self.seconds]
        self._late = [one for one in self._late if one[0] > self.seconds]
        for act in arrived:
            # What can no longer be done is refused, and nobody waits for that answer.
            with suppress(RecoveryError):
                act()
        due = [one for one in self._pending if one[0] <= self.seconds]
        self._pending = [one for one in self._pending if one not in due]
        for _moment, name, state in due:
            connector = self.by_name.get(name)
            if connector is None:
                continue
            if state == "FAILED":
                trace = connector.trace(connector.offsets)
                connector.tasks = (Task(0, "FAILED", connector.worker, trace),) if connector.state == "RUNNING" else ()
                continue
            if connector.state == state:
                continue
            connector.show(state)
            if state == "RUNNING" and connector.trace(connector.offsets) is not None:
                self._pending.append((self.seconds + 0.5, name, "FAILED"))
            if state == "RUNNING" and connector.on_resumed is not None:
                connector.on_resumed()
            if state == "STOPPED" and connector.on_stopped is not None:
                connector.on_stopped()

    def _keep_for_stale_reads(self, what: str, name: str, before: Any) -> None:
        if self.stale_reads:
            self._stale[what, name] = (self.stale_reads, before)

    def _maybe_stale(self, what: str, name: str, now: T) -> T:
        left, before = self._stale.get((what, name), (0, now))
        if left:
            self._stale[what, name] = (left - 1, before)
            return before  # type: ignore[no-any-return]
        return now

    def _found(self, name: str) -> FakeConnector:
        if name not in self.by_name:
            raise NotFound(f'connector "{name}" was not found in the cluster: it has no connectors.', connector=name)
        return self.by_name[name]

    def _not_dead(self) -> None:
        if self.is_dead:
            raise Killed
