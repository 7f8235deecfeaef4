# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster in memory does what real workers do: every test here runs against both, so that the model cannot drift."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    NoStatusYet,
    NotFound,
    NotStoppedYet,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition, Status
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from lab import Lab
from unit.fake_cluster import FakeCluster, FakeConnector

T = TypeVar("T")
FIRST, SECOND, THIRD = (Partition.of({"filename": f"/no/such/{name}"}) for name in ("first", "second", "third"))
OFFSETS: Mapping[Partition, Offset] = {FIRST: {"position": 5}, SECOND: {"position": 7}}
CONFIG = {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "tasks.max": "1",
    # It does not exist, so the task waits for it and commits nothing.
    "file": "/no/such/first",
    "topic": "model",
}


@dataclass(frozen=True)
class World:
    """A cluster with one connector, which has two offsets; ``sleep`` waits for seconds of the cluster's own time."""

    cluster: Cluster
    name: str
    sleep: Callable[[float], None]

    def until(self, read: Callable[[], T], is_it: Callable[[T], bool]) -> T:
        """What is read as soon as it is so. Fails after about two minutes of the cluster's time."""
        found: list[T] = []
        for _try in range(600):
            with suppress(NoStatusYet):
                found.append(read())
                if is_it(found[-1]):
                    return found[-1]
            self.sleep(0.2)
        raise AssertionError(f"it did not come so; last seen: {found[-1:]}")

    def in_state(self, state: str, tasks: int) -> Status:
        def is_it(status: Status) -> bool:
            states = [task.state for task in status.tasks]
            return status.state == state and states == [state] * tasks

        return self.until(lambda: self.cluster.status(self.name), is_it)

    def stopped(self) -> None:
        self.cluster.stop(self.name)
        self.in_state("STOPPED", tasks=0)

    def alter(self, changes: Mapping[Partition, Offset | None]) -> str:
        return self.cluster.alter_offsets(
            self.name, [{"partition": one.as_dict(), "offset": offset} for one, offset in changes.items()]
        )

    def stored(self) -> dict[Partition, Offset | None]:
        return {one.partition: one.offset for one in self.cluster.offsets(self.name)}

    def awaits_offsets(self, wanted: Mapping[Partition, Offset]) -> None:
        self.until(self.stored, lambda found: found == wanted)


@pytest.fixture(params=["in memory", "real"])
def world(request: pytest.FixtureRequest, lab: Lab, connector_name: str) -> Iterator[World]:
    if request.param == "in memory":
        fake = FakeCluster(FakeConnector(connector_name, {**CONFIG, "name": connector_name}, dict(OFFSETS)))
        yield World(fake, connector_name, fake.sleep)
        return
    entries = [{"partition": one.as_dict(), "offset": offset} for one, offset in OFFSETS.items()]
    lab.connect.create(connector_name, CONFIG, entries)
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        found = World(client, connector_name, time.sleep)
        found.in_state("RUNNING", tasks=1)
        yield found


def test_a_stop_ends_the_tasks_and_can_be_ordered_twice(world: World) -> None:
    world.stopped()
    world.stopped()
    worker_ids = [connector.status.worker_ids for connector in world.cluster.connectors().values()]
    assert worker_ids, "the connector is still listed"
    world.cluster.resume(world.name)
    world.in_state("RUNNING", tasks=1)


def test_the_call_for_all_statuses_tells_what_the_call_for_one_tells(world: World) -> None:
    for state in ("RUNNING", "STOPPED"):
        if state == "STOPPED":
            world.stopped()
        status = world.in_state(state, tasks=state == "RUNNING")
        assert world.cluster.statuses({world.name, "no-such"}) == {world.name: status}
        alone = Connector.of(world.name, status.type, world.cluster.config(world.name), status)
        assert world.cluster.some_connectors({world.name, "no-such"}) == {world.name: alone}


def test_a_worker_lists_the_tasks_until_it_has_ended_them(world: World) -> None:
    (task,) = world.in_state("RUNNING", tasks=1).tasks
    assert task.worker_id is not None
    worker_id = task.worker_id
    answer = world.cluster.worker_answer(worker_id, world.name, 15.0)
    assert (answer.outcome, answer.tasks) == ("answered", (0,))
    world.stopped()
    answer = world.cluster.worker_answer(worker_id, world.name, 15.0)
    assert (answer.outcome, answer.tasks) == ("answered", ())


def test_a_paused_connector_keeps_its_tasks_but_one_that_was_stopped_gets_none(world: World) -> None:
    world.cluster.pause(world.name)
    world.in_state("PAUSED", tasks=1)
    world.stopped()
    world.cluster.pause(world.name)
    world.in_state("PAUSED", tasks=0)
    world.cluster.resume(world.name)
    world.in_state("RUNNING", tasks=1)


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED"])
def test_offsets_are_changed_only_while_it_is_stopped(world: World, state: str) -> None:
    if state == "PAUSED":
        world.cluster.pause(world.name)
        world.in_state("PAUSED", tasks=1)
    with pytest.raises(NotStoppedYet):
        world.alter({FIRST: {"position": 1}})
    assert world.stored() == OFFSETS


def test_a_change_of_offsets_is_of_the_named_partitions_only(world: World) -> None:
    world.stopped()
    world.alter({FIRST: {"position": 1}, THIRD: {"position": 2}})
    world.awaits_offsets({**OFFSETS, FIRST: {"position": 1}, THIRD: {"position": 2}})
    world.alter({SECOND: None, THIRD: None})
    world.awaits_offsets({FIRST: {"position": 1}})
    # Deleting what is not there is no error.
    world.alter({SECOND: None})
    world.awaits_offsets({FIRST: {"position": 1}})


def test_offsets_stay_when_the_state_or_the_config_changes(world: World) -> None:
    world.stopped()
    world.alter({FIRST: {"position": 3}})
    world.cluster.patch_config(world.name, {"topic": "other"})
    world.cluster.pause(world.name)
    world.in_state("PAUSED", tasks=0)
    world.awaits_offsets({**OFFSETS, FIRST: {"position": 3}})


def test_a_patch_of_the_config_merges_and_removes_and_keeps_the_state(world: World) -> None:
    world.stopped()
    world.cluster.patch_config(world.name, {"topic": "other", "tasks.max": None, "a.key.of.ours": "held"})
    wanted = {**CONFIG, "name": world.name, "topic": "other", "a.key.of.ours": "held"}
    del wanted["tasks.max"]
    world.until(lambda: world.cluster.config(world.name), lambda found: found == wanted)
    world.in_state("STOPPED", tasks=0)


def test_a_put_of_the_config_replaces_it_and_keeps_the_state(world: World) -> None:
    world.cluster.pause(world.name)
    world.in_state("PAUSED", tasks=1)
    wanted = {**CONFIG, "name": world.name, "batch.size": "100"}
    del wanted["tasks.max"]
    assert world.cluster.put_config(world.name, wanted) is False
    world.until(lambda: world.cluster.config(world.name), lambda found: found == wanted)
    world.in_state("PAUSED", tasks=1)


def test_unknown_settings_are_no_error_of_a_validation(world: World) -> None:
    config = world.cluster.config(world.name)
    found = world.cluster.validate(CONFIG["connector.class"], {**config, "a.key.of.ours": "held"})
    assert found.errors == ()


CALLS: Mapping[str, Callable[[Cluster], Any]] = {
    "config": lambda cluster: cluster.config("no-such"),
    "status": lambda cluster: cluster.status("no-such"),
    "offsets": lambda cluster: cluster.offsets("no-such"),
    "stop": lambda cluster: cluster.stop("no-such"),
    "pause": lambda cluster: cluster.pause("no-such"),
    "resume": lambda cluster: cluster.resume("no-such"),
    "patch_config": lambda cluster: cluster.patch_config("no-such", {"a": "b"}),
    "alter_offsets": lambda cluster: cluster.alter_offsets("no-such", [{"partition": {"a": 1}, "offset": None}]),
}


@pytest.fixture(params=["in memory", "real"])
def cluster(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Cluster]:
    if request.param == "in memory":
        yield FakeCluster()
        return
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        yield client


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_connector_that_does_not_exist_is_not_found(cluster: Cluster, call: Callable[[Cluster], Any]) -> None:
    with pytest.raises((NotFound, NoStatusYet)):
        call(cluster)
    assert "no-such" not in cluster.names()


def test_every_verb_is_known(cluster: Cluster) -> None:
    assert [cluster.supports(verb, "offsets") for verb in ("PATCH", "DELETE", "PUT")] == [True, True, False]
    assert [cluster.supports(verb, "config") for verb in ("PUT", "PATCH", "DELETE")] == [True, True, False]
