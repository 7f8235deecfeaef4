# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More than a thousand generated bad inputs: each ends in a sentence, none in a crash, and none is written.

An input is drawn from a seed, so a failure can be repeated: the assertion names the case.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import Answer, Exchange, parse
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.transport import Transport
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import (
    connect_config,
    offset_reset,
    offsets_facts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_CONFIG,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
)
from unit.connect.clients import Clock
from unit.connect.recorded import ROOT, info, status_of
from unit.fake_cluster import FakeCluster, FakeConnector

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

NOW = 1_795_413_600.0
ORDERS = Partition.of({"table": "orders"})
STORED: Offset = {"id": 5, "at": "2026-11-20", "ratio": 0.5}
CONFIG = {"connector.class": "Orders", "max.wait.ms": "1000"}
# Deeper than the interpreter's own limit for nested calls.
DEEP = 100_000

Values = Callable[[random.Random], Any]


def odd_value(draw: random.Random, depth: int = 2) -> Any:
    """A value of JSON or YAML that somebody may type or a program may pass on."""
    plain = [
        None,
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "NaN",
        "****",
        "../../etc/passwd",
        "\x00",
        "\u202e\U0001f4a5",
        "x" * 5000,
        "{{ undefined }}",
        "2026-02-30",
        0,
        -1,
        2**63,
        -(2**64),
        float("nan"),
        float("-inf"),
        -0.0,
        1e308,
        True,
        [],
        {},
    ]
    kind = draw.randrange(4) if depth else 0
    if kind == 1:
        return [odd_value(draw, depth - 1) for _one in range(draw.randrange(4))]
    if kind == 2:
        return {
            draw.choice(("id", "table", "", "a b", "name")): odd_value(draw, depth - 1)
            for _one in range(draw.randrange(4))
        }
    return draw.choice(plain)


def spoiled(text: str, draw: random.Random) -> str:
    """The text cut, or with one thing in it replaced, doubled or left out."""
    at = draw.randrange(len(text))
    other = draw.choice(('"', "{", "[", "]", "}", ",", "\x00", "é", "9" * 400, "null", "NaN", "-"))
    if draw.random() < 0.05:
        return "[" * DEEP
    return draw.choice(
        (
            text[:at],
            text[:at] + other + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at:] * 2,
            text[at:],
        )
    )


def spoiled_data(data: Any, draw: random.Random) -> Any:
    """JSON data with one part of it replaced by something else."""
    found = copy.deepcopy(data)
    here = found
    while True:
        if not isinstance(here, (dict, list)) or not here:
            return odd_value(draw)
        key = draw.choice(list(here)) if isinstance(here, dict) else draw.randrange(len(here))
        if not isinstance(here[key], (dict, list)) or not here[key] or draw.random() < 0.3:
            here[key] = odd_value(draw)
            return found
        here = here[key]


def is_one_message(text: str) -> bool:
    crash = re.search(r"Traceback|(?<![\w.])(?:KeyError|TypeError|ValueError|AttributeError|RecursionError)\b", text)
    return bool(text.strip()) and "\n" not in text.strip() and crash is None and len(text) < 12_000


class World:
    """A cluster with one connector, and the folder of its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = FakeCluster(FakeConnector("c", dict(CONFIG), {ORDERS: dict(STORED)}))

    @property
    def files(self) -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in sorted(self.folder.rglob("*")) if file.is_file()}

    def reset(self, **options: Any) -> str | None:
        """Reset it with these options; what is said if that fails, and nothing may be written then."""
        return self._run(CONNECT_OFFSET_RESET, offset_reset.reset, options)

    def configure(self, **options: Any) -> str | None:
        return self._run(CONNECT_CONFIG, connect_config.configure, options)

    def _run(self, spec: Mapping[str, Any], task: Callable[..., Outcome], options: Mapping[str, Any]) -> str | None:
        given = {"connect_url": ["http://connect-1:8083"], "connectors": ["c"], **options}
        if "backup_dir" in spec:
            given = {"backup_dir": str(self.folder), "cluster_label": "eu-1", **given}
        checked = ArgumentSpecValidator(dict(spec)).validate(given)
        if checked.error_messages:
            return " ".join(checked.error_messages)
        files, before = self.files, self._found()

        def operation(params: Mapping[str, Any], context: TaskContext) -> Outcome:
            fast = TaskContext(context.check_mode, NOW, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds)
            return task(self.cluster, params, fast)

        result = perform(operation, checked.validated_parameters, check_mode=False)
        if not result.get("failed"):
            return None
        assert self.cluster.writes == [], "written before it was refused"
        assert self._found() == before
        assert self.files == files
        return str(result["msg"])

    def _found(self) -> tuple[Any, ...]:
        one = self.cluster.by_name["c"]
        return dict(one.offsets), dict(one.config), one.state


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[World]:
    return (World(tmp_path / str(number)) for number in range(10_000))


def assert_refused(worlds: Iterator[World], number: int, case: Callable[[World, random.Random], str | None]) -> None:
    """Try this number of cases. Most must be refused: a generator whose inputs are all good would show nothing."""
    refused = 0
    for seed in range(number):
        said = case(next(worlds), random.Random(seed))
        if said is not None:
            refused += 1
            assert is_one_message(said), f"case {seed} says: {said[:500]}"
    assert refused > number / 2


OPTIONS_THAT_DECIDE = (
    "strategy",
    "partitions",
    "timestamp",
    "offset",
    "offsets",
    "backup_file",
    "config",
    "at_least",
    "plan_id",
    "settle_seconds",
    "connectors",
)


def test_odd_values_of_the_options_of_a_reset(worlds: Iterator[World]) -> None:
    def case(world: World, draw: random.Random) -> str | None:
        wanted = {"strategy": "offset", "offset": {**STORED, "id": 1}}
        return world.reset(**{**wanted, draw.choice(OPTIONS_THAT_DECIDE): odd_value(draw)})

    assert_refused(worlds, 250, case)


def test_odd_settings(worlds: Iterator[World]) -> None:
    def case(world: World, draw: random.Random) -> str | None:
        key = draw.choice(("max.wait.ms", "name", "connector.class", "", "a\nb"))
        option = draw.choice(("config", "at_least"))
        return world.configure(**{option: {key: odd_value(draw)}})

    assert_refused(worlds, 100, case)


def test_odd_offsets(worlds: Iterator[World]) -> None:
    def case(world: World, draw: random.Random) -> str | None:
        wrong = spoiled_data(dict(STORED), draw)
        if draw.random() < 0.5:
            return world.reset(strategy="offset", offset=wrong)
        return world.reset(strategy="offset", offsets=[{"partition": ORDERS.as_dict(), "offset": wrong}])

    assert_refused(worlds, 200, case)


def backed_up(world: World) -> Path:
    """The backup of a change that was made and is over."""
    assert world.reset(strategy="offset", offset={**STORED, "id": 1}) is None
    world.cluster.settle()
    world.cluster.restarted()
    (backup,) = world.folder.rglob("2*Z-*.json")
    return backup


@pytest.mark.parametrize("way", [spoiled, spoiled_data], ids=["text", "values"])
def test_spoiled_backups(worlds: Iterator[World], way: Callable[..., Any]) -> None:
    def case(world: World, draw: random.Random) -> str | None:
        backup = backed_up(world)
        text = backup.read_text(encoding="utf-8")
        spoil = way(text, draw) if way is spoiled else json.dumps(way(json.loads(text), draw))
        backup.write_text(spoil, encoding="utf-8", errors="surrogatepass")
        return world.reset(strategy="restore", backup_file=str(backup))

    # Some changes are to parts of a backup that a restore does not use.
    for seed in range(150):
        said = case(next(worlds), random.Random(seed))
        assert said is None or is_one_message(said), f"case {seed} says: {said[:500]}"


def test_spoiled_journals(worlds: Iterator[World]) -> None:
    def case(world: World, draw: random.Random) -> str | None:
        backup = backed_up(world)
        journal = {
            "format": 1,
            "cluster_id": "kafka-1",
            "connector": "c",
            "plan_id": "0123456789ab",
            "prior_state": "PAUSED",
            "backup_file": str(backup),
        }
        draws = spoiled(json.dumps(journal), draw) if draw.random() < 0.5 else json.dumps(spoiled_data(journal, draw))
        (backup.parent / "journal.json").write_text(draws, encoding="utf-8", errors="surrogatepass")
        return world.reset(strategy="offset", offset={**STORED, "id": 3})

    assert_refused(worlds, 150, case)


BODIES: dict[str, Any] = {
    "/": ROOT,
    "/connectors?expand=info&expand=status": {
        "c": {
            "info": info("c", **{"connector.class": "Orders"}),
            "status": {**status_of("c"), "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "w:1"}]},
        }
    },
    "/connectors": ["c"],
    "/connectors/c": info("c", **{"connector.class": "Orders"}),
    "/connectors/c/config": {"name": "c", "connector.class": "Orders"},
    "/connectors/c/status": {**status_of("c"), "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "w:1"}]},
    "/connectors/c/offsets": {"offsets": [{"partition": ORDERS.as_dict(), "offset": dict(STORED)}]},
}


def spoiling(draw: random.Random) -> Callable[[Transport, Exchange, float], Answer]:
    """A :meth:`Transport.send` to a cluster that spoils its answers to one of the calls, always in another way."""
    spoils = draw.choice(list(BODIES))

    def send(_transport: Transport, exchange: Exchange, _seconds: float) -> Answer:
        path = exchange.call.path
        if exchange.call.method == "OPTIONS":
            return Answer(200, {"Allow": "GET,PATCH,DELETE"}, None)
        if path not in BODIES:
            return Answer(404, {}, {"error_code": 404, "message": "HTTP 404 Not Found"})
        text = json.dumps(BODIES[path])
        if path == spoils:
            text = spoiled(text, draw) if draw.random() < 0.5 else json.dumps(spoiled_data(BODIES[path], draw))
        return Answer(200, {"Content-Type": "application/json"}, parse(text.encode()))

    return send


@pytest.mark.parametrize("operation", [offsets_facts, offset_reset], ids=["facts", "reset"])
def test_spoiled_answers_of_connect(operation: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the answers are, a look and a preview end, in a result or a sentence."""
    spec = {offsets_facts: CONNECT_OFFSETS_FACTS, offset_reset: CONNECT_OFFSET_RESET}[operation]
    options = {"connect_url": ["http://connect-1:8083"], "connectors": ["c"], "backup_dir": str(tmp_path)}
    if operation is offset_reset:
        options |= {"strategy": "offset", "offset": {**STORED, "id": 1}}
    params = ArgumentSpecValidator(dict(spec)).validate(options).validated_parameters
    clock = Clock()
    monkeypatch.setattr(operation, "ConnectClient", lambda given: ConnectClient(given, clock=clock, sleep=clock.sleep))
    for seed in range(200):
        monkeypatch.setattr(Transport, "send", spoiling(random.Random(seed)))
        result = perform(operation.run, params, check_mode=True)
        said = [str(result["msg"])] if result.get("failed") else []
        assert all(map(is_one_message, [*said, *result.get("warnings", ())])), f"case {seed} says: {said}"
