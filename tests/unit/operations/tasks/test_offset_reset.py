# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reset as a task: several connectors, check mode, backups and journals in a folder, a run that was killed."""

from __future__ import annotations

import itertools
import json
import re
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Task as Task_
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import TargetTopic
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import changes, offset_reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import (
    reset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from unit.fake_cluster import FakeCluster, FakeConnector, Fault, Killed
from unit.fake_topics import FakeTopics

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdef"
ORDERS = Partition.of({"table": "orders"})
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
BACKUPS = "2*Z-*.json"
NEW = {**OLD, "max.wait.ms": "3600000"}


def connector(name: str = "c", state: str = "RUNNING", **fields: Any) -> FakeConnector:
    return FakeConnector(name, dict(OLD), dict(BEFORE), state, **fields)


class Task:
    """The task on a cluster, with a folder for its backups."""

    def __init__(self, folder: Path, *connectors: FakeConnector) -> None:
        self.folder = folder
        self.cluster = FakeCluster(*(connectors or (connector(),)))

    def __call__(self, *, check_mode: bool = False, **options: Any) -> Outcome:
        given = {
            "connect_url": ["http://connect-1:8083"],
            "connectors": sorted(self.cluster.by_name),
            "backup_dir": str(self.folder),
            "cluster_label": "eu-1",
            "strategy": "offset",
            "offset": {"id": 1},
            "config": {"max.wait.ms": 3_600_000},
            # One after the other, so that the calls have a certain order.
            "at_once": 1,
        }
        checked = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**given, **options})
        assert not checked.error_messages
        context = TaskContext(check_mode, NOW, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds)
        return reset(self.cluster, checked.validated_parameters, context)

    def found(self, name: str = "c") -> tuple[Any, ...]:
        self.cluster.settle()
        one = self.cluster.by_name[name]
        return one.offsets, one.config, one.state

    def files(self, pattern: str = "*") -> list[Path]:
        return sorted(file for file in self.folder.rglob(pattern) if file.is_file())

    def journal(self, text: str, name: str = "c") -> Path:
        file = self.folder / "eu-1" / name / "journal.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path / "backups")


def test_the_result_names_the_backup_and_how_it_is_known_that_no_task_was_left(task: Task) -> None:
    done = task().result
    assert task.found() == (AFTER, NEW, "RUNNING")
    one = done["connectors"]["c"]
    (backup,) = task.files(BACKUPS)
    assert (done["changed"], one["changed"], one["backup_file"]) == (True, True, str(backup))
    assert one["evidence"]["workers_asked"] == ["connect-1:8083"]
    assert one["plan"]["write_to"] == "rest"
    assert SECRET not in json.dumps(done) + backup.read_text(encoding="utf-8")
    assert SECRET in task.cluster.hidden


def test_check_mode_says_the_same_and_writes_nothing(task: Task) -> None:
    shown = task(check_mode=True).result
    assert task.cluster.writes == []
    assert task.files() == []
    done = task(plan_id=shown["connectors"]["c"]["plan"]["id"]).result
    assert [done[part] for part in ("changed", "preview", "diff")] == [
        shown[part] for part in ("changed", "preview", "diff")
    ]


def test_the_steps_of_a_change_are_told_with_their_times_also_of_one_that_failed(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"), connector("c"))
    assert [one["steps"] for one in task(check_mode=True).result["connectors"].values()] == [[], [], []]
    task.cluster.next_faults["alter_offsets"] = [None, Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError) as caught:
        task(connectors=["a", "b", "missing"])
    done = caught.value.facts["connectors"]
    words = {name: [step["message"].partition(" to ")[0] for step in one["steps"]] for name, one in done.items()}
    begun = ["backed up 1 offset", "stopping", "STOPPED, its tasks have ended"]
    assert words == {
        "a": [*begun, "1 setting and 1 offset written and read back", "RUNNING again"],
        "b": begun,
        "missing": [],
    }
    times = [step["at"] for step in (*done["a"]["steps"], *done["b"]["steps"])]
    assert times == sorted(times)
    assert NOW <= times[0] < times[-1]


def test_a_second_run_changes_nothing(task: Task) -> None:
    task()
    task.cluster.restarted()
    assert not task().result["changed"]
    assert task.cluster.writes == []


def test_a_plan_that_was_not_agreed_to_is_refused_before_the_stop(task: Task) -> None:
    with pytest.raises(RecoveryError, match="The plan 0123456789ab does not fit") as caught:
        task(plan_id="0123456789ab")
    assert "backup_file" not in caught.value.facts["connectors"]["c"]
    assert task.cluster.writes == []
    assert task.files() == []


# Several plans that were agreed to


FLOOR: dict[str, Any] = {"config": {}, "at_least": {"max.wait.ms": "60m"}}


def two(folder: Path) -> tuple[Task, dict[str, Any]]:
    """A task on two connectors, and what it returned in check mode."""
    task = Task(folder / "backups", connector("a"), connector("b"))
    return task, task(check_mode=True, **FLOOR).result


def test_the_agreed_plans_are_carried_out_and_one_that_has_moved_is_refused_by_name(tmp_path: Path) -> None:
    task, shown = two(tmp_path)
    plans = {name: one["plan"] for name, one in shown["connectors"].items()}
    assert shown["plan_ids"] == {name: plan["id"] for name, plan in plans.items()}
    task.cluster.by_name["a"].offsets[ORDERS] = {"id": 6}
    # What is asked for is in the plans.
    for agreed in (
        {"plan_ids": shown["plan_ids"], **FLOOR},
        {"agreed_plans": plans, "strategy": "continue", "offset": None},
    ):
        for check_mode in (True, False):
            with pytest.raises(RecoveryError) as caught:
                task(check_mode=check_mode, **{"config": {}, **agreed})
            results = caught.value.facts["connectors"]
            assert results["a"]["failed"]
            assert "failed" not in results["b"]
        assert task.found("a") == ({ORDERS: {"id": 6}}, OLD, "RUNNING")
        assert task.found("b") == (AFTER, NEW, "RUNNING")
    assert "the offset of table=orders moved from id=5 to id=6" in results["a"]["msg"]


def test_a_connector_whose_plan_was_not_agreed_to_is_never_touched(tmp_path: Path) -> None:
    task, shown = two(tmp_path)
    with pytest.raises(RecoveryError) as caught:
        task(plan_ids={"a": shown["plan_ids"]["a"]}, **FLOOR)
    assert "Connector 'b' has no agreed plan, so nothing of it was changed" in caught.value.message
    assert task.found("a") == (AFTER, NEW, "RUNNING")
    assert task.found("b") == (BEFORE, OLD, "RUNNING")


def test_an_agreed_connector_that_needs_nothing_by_now_is_said_to_and_changes_nothing(task: Task) -> None:
    plan_id = task(check_mode=True).result["plan_ids"]["c"]
    task(plan_id=plan_id)
    task.cluster.restarted()
    again = task(plan_id=plan_id).result
    assert (again["changed"], again["plan_ids"], task.cluster.writes) == (False, {}, [])
    assert f"Plan {plan_id} was agreed to, and nothing is left to change" in " ".join(again["preview"])
    # Not for another request, of which nobody can say that it was agreed to.
    with pytest.raises(RecoveryError, match="was made for another connector, strategy, partitions or settings"):
        task(plan_id=plan_id, strategy="continue", offset=None)


def test_an_agreed_change_that_was_killed_is_finished_under_the_same_id(tmp_path: Path) -> None:
    methods = count_calls(tmp_path / "counted", "RUNNING")
    for method in ("worker_answer", "resume"):
        task = Task(tmp_path / method)
        plan_id = task(check_mode=True).result["plan_ids"]["c"]
        counted = len(task.cluster.calls)
        task.cluster.faults = {counted + methods.index(method) + 1: Fault(Killed())}
        with pytest.raises(Killed):
            task(plan_id=plan_id)
        assert task.found()[2] == "STOPPED"
        task.cluster.restarted()
        task(plan_id=plan_id)
        assert task.found() == (AFTER, NEW, "RUNNING"), method


def test_after_one_that_fails_the_others_still_get_their_turn(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"), connector("d"))
    task.cluster.next_faults["alter_offsets"] = [None, Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError) as caught:
        task()
    results = caught.value.facts["connectors"]
    assert {name: one.get("failed", False) for name, one in results.items()} == {"a": False, "b": True, "d": False}
    assert [task.found(name) for name in "abd"] == [
        (AFTER, NEW, "RUNNING"),
        (BEFORE, OLD, "RUNNING"),
        (AFTER, NEW, "RUNNING"),
    ]
    # The backup of the one that failed can be found from the result as well.
    assert Path(results["b"]["backup_file"]).is_file()
    assert caught.value.facts["changed"]


def test_every_worker_of_the_cluster_is_asked(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b", worker="connect-2:8083"))
    task(connectors=["a"], connect_url=["http://connect-3:8083"])
    asked = {call.arguments[0] for call in task.cluster.calls if call.method == "worker_answer"}
    assert asked == {"connect-1:8083", "connect-2:8083", "connect-3:8083"}


def test_a_connect_that_cannot_change_offsets_is_refused(task: Task) -> None:
    task.cluster.verbs["offsets"] = {"GET"}
    with pytest.raises(RecoveryError, match=r"3\.9\.2 at http://connect-1:8083 cannot change offsets over REST"):
        task()


# Offsets that are written to the topic

BROKERS = ["kafka-1:9092"]
UNBUILT = b'["c",{"b":"x","a":0}]'
HELD = Partition.of({"a": 0, "b": "x"})


@pytest.fixture
def topics(task: Task, monkeypatch: pytest.MonkeyPatch) -> FakeTopics:
    """The connector stores its only offset under a key that REST does not build."""
    found = FakeTopics({"offsets": 5}, {("offsets", 1, UNBUILT): b'{"id": 5}'})
    task.cluster.by_name["c"].offsets = {HELD: None}
    monkeypatch.setattr(offset_reset, "ConnectorTopics", lambda *_arguments: found)
    monkeypatch.setattr(changes, "find_workers", lambda *_arguments: frozenset())
    return found


def test_each_member_of_the_workers_group_is_asked_and_waited_for_where_one_does_not_answer(
    task: Task, topics: FakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = frozenset({"connect-1:8083", "connect-2:8083"})
    monkeypatch.setattr(changes, "find_workers", lambda *_arguments: members)
    evidence = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["evidence"]
    assert (evidence["workers_asked"], evidence["workers_may_be_missing"]) == (sorted(members), False)
    assert evidence["settled_seconds"] == 0
    task.cluster.worker_answers["connect-2:8083"] = [WorkerAnswer("unreachable", reason="refused")]
    topics.values["offsets", 1, UNBUILT] = b'{"id": 9}'
    evidence = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["evidence"]
    assert (evidence["workers_asked"], evidence["workers_not_reached"]) == (["connect-1:8083"], ["connect-2:8083"])
    assert evidence["settled_seconds"] == 10


def test_the_key_bytes_are_part_of_the_agreed_plan(task: Task, topics: FakeTopics) -> None:
    shown = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["plan"]
    assert (shown["write_to"], topics.written) == ("topic", [])
    assert shown["offsets"][0]["topic_keys"] == [
        {"topic": "offsets", "topic_partition": 1, "key": UNBUILT.decode(), "before": '{"id": 5}'}
    ]
    agreed = {"kafka_bootstrap_servers": BROKERS, "plan_id": shown["id"]}
    topics.values["offsets", 2, UNBUILT] = b'{"id": 5}'
    with pytest.raises(RecoveryError, match="does not fit what is there now"):
        task(**agreed)
    del topics.values["offsets", 2, UNBUILT]
    task.cluster.by_name["c"].on_stopped = lambda: topics.values.update({("offsets", 2, UNBUILT): b'{"id": 5}'})
    with pytest.raises(RecoveryError, match="does not fit any more: the offsets are stored under other keys"):
        task(**agreed)
    task.cluster.by_name["c"].on_stopped = None
    del topics.values["offsets", 2, UNBUILT]
    done = task(**agreed).result["connectors"]["c"]
    assert topics.values == {("offsets", 1, UNBUILT): b'{"id":1}'}
    assert (done["plan"], done["evidence"]["offsets_kept"]) == (shown, 1)
    assert "alter_offsets" not in task.cluster.writes
    (record,) = json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))["topic_records"]
    assert (record["key"], record["value"]) == (UNBUILT.decode(), '{"id": 5}')


def test_a_key_that_moved_while_the_connector_was_being_stopped_is_planned_again(
    task: Task, topics: FakeTopics
) -> None:
    """The newest offset is the same, under another key."""
    other = b'["c",{"b": "x","a":0}]'
    task.cluster.by_name["c"].on_stopped = lambda: topics.values.update({("offsets", 3, other): b'{"id": 5}'})
    task(kafka_bootstrap_servers=BROKERS)
    assert topics.values == {("offsets", 1, UNBUILT): b'{"id":1}', ("offsets", 3, other): b'{"id":1}'}


class Targets:
    """The topics that the connector delivers to, as the brokers have them."""

    def __init__(self, *topics: TargetTopic) -> None:
        self.topics = topics
        self.fault: RecoveryError | None = None

    def look(self, topics: Sequence[str]) -> tuple[TargetTopic, ...]:
        assert topics == ("payouts",)
        if self.fault is not None:
            raise self.fault
        return self.topics


@pytest.fixture
def targets(task: Task, topics: FakeTopics, monkeypatch: pytest.MonkeyPatch) -> Targets:
    found = Targets(TargetTopic("payouts", True, (TopicEnd("payouts", 0, 7),), "compact", groups=("billing",)))
    monkeypatch.setattr(offset_reset, "BrokerTopics", lambda *_arguments: found)
    monkeypatch.setattr(
        Profiles, "delivery", lambda *_arguments: Delivery(topics={"any": "payouts"}, needs_keyless=True)
    )
    return found


def test_what_reads_the_topics_is_shown_beside_the_plan_and_counts_for_no_id(task: Task, targets: Targets) -> None:
    shown = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result
    one = shown["connectors"]["c"]
    assert one["preflight"]["topics"][0]["groups"] == ["billing"]
    assert "    payouts: compacted, read by billing" in shown["preview"]
    assert any(line.startswith("  Note: payouts is compacted") for line in shown["preview"])
    # Another group comes, and the plan that was agreed to is the same one.
    targets.topics = (replace(targets.topics[0], groups=("billing", "search")),)
    done = task(kafka_bootstrap_servers=BROKERS, plan_id=one["plan"]["id"]).result["connectors"]["c"]
    assert done["plan"] == one["plan"]
    backup = json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))
    assert backup["target_ends"] == [{"topic": "payouts", "topic_partition": 0, "end": 7}]


@pytest.mark.parametrize("tracked", [("payouts",), (), None])
def test_the_topics_of_any_class_are_those_that_the_workers_have_seen(
    task: Task, targets: Targets, monkeypatch: pytest.MonkeyPatch, tracked: tuple[str, ...] | None
) -> None:
    monkeypatch.setattr(Profiles, "delivery", lambda *_arguments: Delivery())
    task.cluster.by_name["c"].topics = tracked
    one = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]
    if not tracked:
        assert one["preflight"] is None
        return
    assert [topic["topic"] for topic in one["preflight"]["topics"]] == ["payouts"]
    # Its records have keys, so compaction is no danger; what it reads again is not known.
    (warning,) = one["preflight"]["warnings"]
    assert warning.startswith("What is read twice is not known")
    assert "billing may see records again" in warning


def test_topics_that_cannot_be_looked_at_are_a_warning_and_hold_nothing_up(task: Task, targets: Targets) -> None:
    targets.fault = KafkaFailed("This client is not allowed to read it.")
    outcome = task(kafka_bootstrap_servers=BROKERS)
    said = "The topics that connector 'c' delivers to were not looked at: This client is not allowed to read it."
    assert said in outcome.warnings
    done = outcome.result["connectors"]["c"]
    assert done["preflight"] is None
    assert "target_ends" not in json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))


def test_the_topics_of_a_connector_that_writes_to_another_kafka_are_not_looked_for_here(
    task: Task, targets: Targets
) -> None:
    task.cluster.by_name["c"].config["producer.override.bootstrap.servers"] = "other:9092"
    task.cluster.by_name["c"].offsets = dict(BEFORE)
    assert (
        task(check_mode=True, kafka_bootstrap_servers=BROKERS, write_to="rest").result["connectors"]["c"]["preflight"]
        is None
    )


def test_a_topic_that_may_not_be_written_is_refused_before_the_stop(task: Task, topics: FakeTopics) -> None:
    topics.denied = frozenset({"offsets"})
    for check_mode in (True, False):
        with pytest.raises(RecoveryError, match="not allowed to write to offsets"):
            task(check_mode=check_mode, kafka_bootstrap_servers=BROKERS)
    assert task.cluster.writes == []


@pytest.mark.parametrize(
    "verbs, options, words",
    [
        ({"GET"}, {}, "cannot change offsets over REST: it needs Kafka 3.6. Set kafka_bootstrap_servers (the variable"),
        ({"GET"}, {"kafka_bootstrap_servers": BROKERS, "write_to": "rest"}, "and leave write_to at auto, so that they"),
        (
            set(),
            {"kafka_bootstrap_servers": BROKERS},
            "has no state STOPPED (it needs Kafka 3.5), so its offsets cannot",
        ),
        ({"GET", "PATCH"}, {"write_to": "topic"}, "write_to is topic without kafka_bootstrap_servers: set"),
        ({"GET", "PATCH"}, {}, "set kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers)"),
        (
            {"GET", "PATCH"},
            {"kafka_bootstrap_servers": BROKERS, "write_to": "rest"},
            "leave write_to at auto, so that it is written to the offsets topic",
        ),
    ],
)
def test_where_offsets_cannot_be_written_the_sentence_says_what_to_set(
    task: Task, topics: FakeTopics, verbs: set[str], options: dict[str, Any], words: str
) -> None:
    task.cluster.verbs["offsets"] = verbs
    with pytest.raises(RecoveryError, match=re.escape(words)):
        task(**options)
    assert (task.cluster.writes, topics.written) == ([], [])


def test_a_connect_that_cannot_change_offsets_leaves_them_all_to_the_topic(task: Task, topics: FakeTopics) -> None:
    task.cluster.verbs["offsets"] = {"GET"}
    rest_key = b'["c",{"table":"orders"}]'
    topics.values = {("offsets", 0, rest_key): b'{"id":5}'}
    task.cluster.by_name["c"].offsets = {ORDERS: {"id": 1}}
    done = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]
    assert topics.values == {("offsets", 0, rest_key): b'{"id":1}'}
    assert done["plan"]["write_to"] == "topic"
    assert "alter_offsets" not in task.cluster.writes


# Side by side


def test_every_connector_has_the_whole_time_for_itself(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", *(connector(name) for name in "abcdefgh"))
    task.cluster.delay_seconds = 4.0
    # Each takes more than 8 seconds, for its stop and its return.
    task(timeout=12.0)
    assert task.cluster.seconds > 8 * 8.0
    assert all(task.found(name) == (AFTER, NEW, "RUNNING") for name in "abcdefgh")


def test_the_cluster_is_read_once_for_all_connectors(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", *(connector(name) for name in "abc"))
    task()
    assert task.cluster.methods("root", "connectors") == ["root", "connectors"]


def test_all_plans_are_made_before_the_first_connector_is_stopped(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    with pytest.raises(RecoveryError, match='connector "nobody" was not found'):
        task(connectors=["a", "nobody", "b"])
    methods = task.cluster.methods()
    last_plan = max(index for index, method in enumerate(methods) if method == "validate")
    assert last_plan < methods.index("stop")


def test_connectors_that_are_changed_together_are_told_of_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(6)]
    task = Task(tmp_path / "backups", *map(connector, names))
    result = task(at_once=6, connectors=names).result
    assert list(result["connectors"]) == names
    assert [diff["before_header"] for diff in result["diff"]] == [f"{name} (now)" for name in names]
    assert all(task.found(name) == (AFTER, NEW, "RUNNING") for name in names)


# Signals


def interrupt() -> None:
    """What the arrival of SIGTERM does, in whichever thread; nothing while no connector is being changed."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(signal.SIGTERM, None)


def interrupted_at(task: Task, *numbers: int) -> None:
    """Let SIGTERM arrive right before the calls of these numbers, when connectors are being changed by then."""

    task.cluster.meddling = dict.fromkeys(numbers, interrupt)


def test_a_signal_at_any_call_leaves_all_or_nothing_of_the_change(tmp_path: Path) -> None:
    undone = []
    for number in itertools.count(1):
        task = Task(tmp_path / str(number), connector())
        interrupted_at(task, number)
        said = ""
        try:
            task()
        except RecoveryError as error:
            said = error.sentence
        if said:
            undone.append(number)
            assert "was interrupted (SIGTERM). It was undone" in said
        assert task.found() == ((BEFORE, OLD, "RUNNING") if said else (AFTER, NEW, "RUNNING"))
        assert not task.files("journal.json")
        if number > len(task.cluster.calls):
            break
    writing = [call.method for call in task.cluster.calls].index("alter_offsets") + 1
    # From the stop to the last reading of what was written; not on the way back.
    assert {writing - 1, writing, writing + 1} <= set(undone)
    assert max(undone) < [call.method for call in task.cluster.calls].index("resume") + 1


def test_a_second_signal_says_what_is_left_and_keeps_the_journal(task: Task) -> None:
    task()
    writing = task.cluster.methods().index("alter_offsets") + 1
    task = Task(task.folder.parent / "again", connector())
    interrupted_at(task, writing, writing + 2)
    with pytest.raises(RecoveryError) as caught:
        task()
    assert "was interrupted (SIGTERM). " in caught.value.sentence
    assert "The return of connector 'c' was interrupted as well (SIGTERM)" in caught.value.sentence
    assert "It was RUNNING before" in caught.value.sentence
    assert "PUT /connectors/c/resume" in caught.value.sentence
    assert task.found()[2] == "STOPPED"
    assert task.files("journal.json")
    task.cluster.restarted()
    task()
    assert task.found() == (AFTER, NEW, "RUNNING")


def test_after_a_signal_no_other_connector_begins(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    task.cluster.next_faults["stop"] = [Fault(ConnectError("refused."), instead=interrupt)]
    with pytest.raises(RecoveryError) as caught:
        task()
    assert "'b' was interrupted (SIGTERM) before it began: nothing was changed." in caught.value.sentence
    assert task.cluster.methods("stop") == ["stop"]
    assert task.found("a") == task.found("b") == (BEFORE, OLD, "RUNNING")


# Going back


def test_the_backup_of_a_run_brings_the_offsets_back(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    task(strategy="restore", backup_file=backup, offset=None, config={})
    assert task.found() == (BEFORE, NEW, "RUNNING")


def test_a_backup_that_is_not_there_names_those_that_are(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    with pytest.raises(RecoveryError) as caught:
        task(strategy="restore", backup_file="/nowhere/b.json", offset=None, config={})
    assert caught.value.message == (
        "backup_file: /nowhere/b.json does not exist on the host the task runs on; the backups of connector 'c' are:"
        f" {backup} (1 offset)."
    )
    assert task.cluster.writes == []


EXACT: Offset = {
    "zero": -0.0,
    "next": 2**53 + 1,
    "last": 2**63 - 1,
    "first": -(2**63),
    "large": 1e22,
    "none": None,
    "on": True,
}


def test_every_number_comes_back_from_a_backup_as_it_was(task: Task) -> None:
    task.cluster.by_name["c"].offsets[ORDERS] = dict(EXACT)
    moved = {**EXACT, "zero": 0.0, "next": 2**53}
    backup = task(offset=moved, config={}).result["connectors"]["c"]["backup_file"]
    assert json.dumps(task.found()[0][ORDERS]) == json.dumps(moved)
    task.cluster.restarted()
    task(strategy="restore", backup_file=backup, offset=None, config={})
    assert json.dumps(task.found()[0][ORDERS]) == json.dumps(EXACT)


@pytest.mark.parametrize(
    "offset, words",
    [
        (
            {"id": "1"},
            'offset.id: the connector stores an integer there (5), and "1" is a string: write 1 without quotes.',
        ),
        (
            {"idd": 1},
            "offset: the stored offset of table=orders also has id (integer, 5), which the connector may need",
        ),
        ({"id": 2**63}, "offset.id: 9223372036854775808 does not fit into 64 bits"),
        ({"id": float("nan")}, "offset.id: nan is not a number in JSON"),
    ],
)
def test_an_offset_that_the_connector_could_not_read_is_refused_before_it_is_stopped(
    task: Task, offset: dict[str, Any], words: str
) -> None:
    for check_mode in (True, False):
        with pytest.raises(RecoveryError) as caught:
            task(offset=offset, check_mode=check_mode)
        assert caught.value.message.startswith(words)
    assert task.cluster.writes == []
    assert task.files() == []


def test_a_restore_names_the_fields_whose_type_it_changes(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    task.cluster.by_name["c"].offsets[ORDERS] = {"id": "5", "row": 2}
    outcome = task(strategy="restore", backup_file=backup, offset=None, config={}, check_mode=True)
    assert outcome.warnings == [
        (
            'table=orders: id changes from a string ("5") to an integer (5), row (integer, 2) goes: check that the connector'
            " still reads such an offset."
        )
    ]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "9223372036854775808", "{}"])
def test_a_backup_with_a_value_that_connect_cannot_keep_is_refused_before_the_stop(task: Task, value: str) -> None:
    backup = Path(task().result["connectors"]["c"]["backup_file"])
    backup.write_text(backup.read_text(encoding="utf-8").replace('"id": 5', f'"id": {value}'), encoding="utf-8")
    task.cluster.restarted()
    with pytest.raises(RecoveryError, match="is damaged: entry 1 of its offsets"):
        task(strategy="restore", backup_file=str(backup), offset=None, config={})
    assert task.cluster.writes == []


def test_a_plan_is_of_one_connect_cluster_even_where_several_share_a_kafka_cluster(task: Task) -> None:
    one, other = (task(check_mode=True, cluster_label=label).result["connectors"]["c"]["plan"] for label in ("a", "b"))
    assert (one["cluster"], other["cluster"], one["cluster_id"]) == ("a", "b", other["cluster_id"])
    assert one["id"] != other["id"]
    with pytest.raises(RecoveryError, match="does not fit"):
        task(cluster_label="b", plan_id=one["id"])
    assert task.cluster.writes == []


# Folders and names


@pytest.mark.parametrize(
    "folder, message",
    [
        ("", "backup_dir is empty: name a folder, or leave the option out."),
        ("  ", "backup_dir is empty: name a folder, or leave the option out."),
        (
            "~nobody-of-this-name/b",
            "backup_dir: ~nobody-of-this-name/b cannot be used, because ~nobody-of-this-name has no",
        ),
    ],
)
def test_a_backup_folder_that_cannot_be_one_is_refused_before_anything_is_read(
    task: Task, folder: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        task(backup_dir=folder)
    assert caught.value.message.startswith(message)
    assert task.cluster.calls == []


NAMES = ["Überweisungen-" + "ü" * 90, "接" * 90, ".", "..", "a/b", "%2E", "x" * 300]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_connector_of_any_name_is_backed_up_in_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    task = Task(tmp_path / "backups", connector(name))
    task()
    (backup,) = task.files(BACKUPS)
    assert backup.parents[2] == tmp_path / "backups"


# A journal that was left


def test_a_journal_that_cannot_be_read_is_one_connectors_problem(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    file = task.journal("{", "a")
    with pytest.raises(RecoveryError) as caught:
        task()
    results = caught.value.facts["connectors"]
    assert results["a"]["msg"].startswith(f"The journal {file} cannot be read (not JSON)")
    assert task.found("a") == (BEFORE, OLD, "RUNNING")
    assert task.found("b") == (AFTER, NEW, "RUNNING")
    assert file.read_text(encoding="utf-8") == "{"


def count_calls(folder: Path, state: str) -> list[str]:
    task = Task(folder, connector(state=state))
    task()
    return task.cluster.methods()


@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED"])
def test_a_run_killed_at_any_call_is_finished_by_the_next(tmp_path: Path, state: str, acts: bool) -> None:
    methods = count_calls(tmp_path / "counted", state)
    assert "alter_offsets" in methods
    left_stopped = 0
    for number, method in enumerate(methods, start=1):
        task = Task(tmp_path / f"{number}", connector(state=state))
        task.cluster.faults = {number: Fault(Killed(), acts)}
        with pytest.raises(Killed):
            task()
        left_stopped += task.found()[2] == "STOPPED"
        task.cluster.restarted()
        task()
        assert task.found() == (AFTER, NEW, state), (number, method)
        assert task.files("journal*") == [], (number, method)
        texts = [file.read_text(encoding="utf-8") for file in task.files()]
        assert [text for text in texts if SECRET in text] == []
    assert left_stopped > 5


def test_a_connector_that_a_killed_run_left_stopped_is_returned_although_nothing_else_has_to_change(task: Task) -> None:
    number = count_calls(task.folder / "counted", "RUNNING").index("resume") + 1
    task.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        task()
    offsets, config, state = task.found()
    assert (offsets, without_hold(config), state) == (AFTER, NEW, "STOPPED")
    task.cluster.restarted()
    outcome = task()
    assert task.found() == (AFTER, NEW, "RUNNING")
    (warning,) = outcome.warnings
    assert warning.startswith("Connector 'c' has an unfinished change (plan ")
    assert warning.endswith("it will be returned to RUNNING.")


def test_after_a_change_the_command_that_goes_back_names_the_backup(task: Task) -> None:
    done = task(config={}, at_least={"max.wait.ms": "60m"}).result
    (backup,) = task.files("2*.json")
    text = "\n".join(done["next_steps"])
    assert "ansible-playbook connectops.recovery.rollback" in text
    assert (
        f"-e connectops_hosts=eu-1 \\\n      -e connectops_connectors=c \\\n      -e rollback_backup_file={backup}"
        in text
    )


def test_in_check_mode_the_command_carries_out_the_plan_that_was_shown(task: Task) -> None:
    shown = task(check_mode=True, config={}, at_least={"max.wait.ms": "60m"}).result
    plan_id = shown["connectors"]["c"]["plan"]["id"]
    assert shown["next_steps"] == [
        "  To carry out this plan, with the inventory of this run (-i):",
        "    ansible-playbook connectops.recovery.recover \\",
        "      -e connectops_hosts=eu-1 \\",
        "      -e connectops_connectors=c \\",
        """      -e '{"connectops_at_least": {"max.wait.ms": "60m"}}' \\""",
        "      -e reset_strategy=offset \\",
        """      -e '{"reset_offset": {"id": 1}}' \\""",
        f"      -e reset_plan_id={plan_id}",
    ]
    assert task(plan_id=plan_id, config={}, at_least={"max.wait.ms": "60m"}).result["changed"]


def test_without_a_change_there_is_nothing_to_go_on_with(task: Task) -> None:
    task()
    assert task().result["next_steps"] == []


def killed_before_the_resume(task: Task) -> None:
    """A run that was killed when all was written, and left the connector STOPPED."""
    number = count_calls(task.folder / "counted", task.cluster.by_name["c"].state).index("resume") + 1
    task.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        task()
    assert task.found()[2] == "STOPPED"
    task.cluster.restarted()


@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
@pytest.mark.parametrize("has_to_change", [True, False], ids=["something to change", "nothing to change"])
def test_a_state_that_a_person_has_chosen_since_is_kept_and_the_journal_ends(
    task: Task, state: str, has_to_change: bool
) -> None:
    killed_before_the_resume(task)
    task.cluster.by_name["c"].show(state)
    if has_to_change:
        task.cluster.by_name["c"].offsets = {ORDERS: {"id": 5}}
    outcome = task()
    assert task.found() == (AFTER, NEW, state)
    assert task.files("journal*") == []
    (warning,) = outcome.warnings
    assert warning.startswith("Connector 'c' has an unfinished change (plan ")
    assert warning.endswith(f"it is {state} by now, and stays so.")


def test_check_mode_keeps_the_journal_of_a_connector_that_a_person_has_paused(task: Task) -> None:
    killed_before_the_resume(task)
    task.cluster.by_name["c"].show("PAUSED")
    task(check_mode=True)
    assert len(task.files("journal*")) == 1
    assert task.cluster.writes == []


def test_a_connector_that_is_not_assigned_to_a_worker_is_still_returned_to_its_state(task: Task) -> None:
    """The state of a killed run's connector is UNASSIGNED while its worker is lost: nobody has chosen that."""
    task.cluster.by_name["c"].show("PAUSED")
    task.journal(
        json.dumps(
            {
                "format": 1,
                "cluster_id": "kafka-1",
                "connector": "c",
                "plan_id": "p",
                "prior_state": "PAUSED",
                "backup_file": "b",
            }
        )
    )
    task.cluster.by_name["c"].show("UNASSIGNED")
    assert task(check_mode=True).result["connectors"]["c"]["plan"]["final_state"] == "PAUSED"


# One connector's trouble


def unplannable() -> list[FakeConnector]:
    """Connectors that cannot be planned, each for a reason of its own."""
    null = connector("null-offset")
    null.offsets = {Partition.of({"b": 1, "a": 1}): None}
    sink = connector("sink")
    sink.type = "sink"
    empty = connector("without-offsets")
    empty.offsets = {}
    return [null, sink, empty]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_connector_that_cannot_be_planned_is_shown_with_its_problem_beside_the_plans(
    tmp_path: Path, check_mode: bool
) -> None:
    task = Task(tmp_path / "backups", connector("a"), *unplannable(), connector("z"))
    with pytest.raises(RecoveryError) as caught:
        task(connectors=[*task.cluster.by_name, "mistyped"], check_mode=check_mode)
    results = caught.value.facts["connectors"]
    failed = {name for name, one in results.items() if one.get("failed")}
    assert failed == {"null-offset", "sink", "without-offsets", "mistyped"}
    shown = " ".join(" ".join(caught.value.facts["preview"]).split())
    for name in failed:
        assert f"eu-1 {name} {results[name]['msg']}" in shown
    assert "eu-1 a RUNNING 1/1" in shown
    assert [task.found(name)[0] for name in "az"] == [BEFORE if check_mode else AFTER] * 2


def test_what_failed_after_a_change_that_stays_counts_as_changed(tmp_path: Path) -> None:
    trace = "java.lang.IllegalStateException: broken"
    failing = connector(trace=lambda offsets: trace)
    failing.tasks = (Task_(0, "FAILED", failing.worker, trace),)
    task = Task(tmp_path / "backups", failing)
    with pytest.raises(RecoveryError, match="as before the change") as caught:
        task()
    one = caught.value.facts["connectors"]["c"]
    assert (caught.value.facts["changed"], one["changed"], one["failed"]) == (True, True, True)
    assert Path(one["backup_file"]).is_file()


# Settings that belong to a class

STRIPE = {"connector.class": "StripeSourceConnector", "stripe.report.types": "balance.summary.1"}


def test_default_floors_are_for_the_class_that_they_belong_to(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", connector("orders"), stripe)
    options = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False}
    plans = task(check_mode=True, default_floors=True, **options).result["connectors"]
    assert plans["orders"]["plan"]["settings"] == []
    assert plans["stripe"]["plan"]["settings"] == [
        {"key": "stripe.report.max.wait.ms", "before": "1000", "after": "3600000"}
    ]
    assert not task(check_mode=True, **options).result["changed"]


def test_a_floor_that_is_named_counts_more_than_the_default(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", stripe)
    given = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False, "default_floors": True}
    plan = task(check_mode=True, at_least={"stripe.report.max.wait.ms": "5s"}, **given).result["connectors"]["stripe"]
    assert [one["after"] for one in plan["plan"]["settings"]] == ["5000"]


def test_a_floor_for_a_setting_that_one_connector_lacks_is_its_own_problem(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", connector("orders"), stripe)
    given = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False}
    with pytest.raises(RecoveryError, match="connector 'orders' has no such setting") as caught:
        task(at_least={"stripe.report.max.wait.ms": "60m"}, **given)
    results = caught.value.facts["connectors"]
    assert {name: one.get("failed", False) for name, one in results.items()} == {"orders": True, "stripe": False}
    assert task.found("stripe")[1]["stripe.report.max.wait.ms"] == "3600000"


# What Connect says of offsets that are kept elsewhere

EXTERNAL = "Altered. However, if this connector manages offsets externally, they must be altered there."


def test_that_offsets_may_be_kept_elsewhere_is_a_warning(task: Task) -> None:
    task.cluster.says = EXTERNAL
    assert task().warnings == [f"Kafka Connect says of connector 'c': {EXTERNAL}"]


def test_a_class_whose_offsets_are_known_to_be_in_connect_alone_has_no_such_warning(tmp_path: Path) -> None:
    partition = Partition.of({"report_type": "balance.summary.1", "timezone": "PST"})
    offset = {"interval_end": int(NOW) - 864000, "round_id": int(NOW) - 864000, "processed_in_round": False}
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.timezones": "PST"}, {partition: offset}, "PAUSED")
    task = Task(tmp_path / "backups", stripe)
    task.cluster.says = EXTERNAL
    outcome = task(strategy="current", offset=None, config={}, ask_stripe=False)
    assert outcome.result["changed"]
    assert [warning for warning in outcome.warnings if "externally" in warning] == []
