# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated connectors, and what is predicted of each: as many of each kind as make a good sample."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Problem,
    Request,
    walk,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import LATEST_EPOCH_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from hypothesis import Phase, assume, given, seed, settings
from lab.stripe_simulator import Account
from unit.connectors.stripe_reporting.reference_walk import remembered
from unit.connectors.stripe_reporting.worlds import World, worlds, worlds_in_milliseconds

SEED = 20
DRAWN_AT_ONCE = 60
MOST_DRAWS = 100
MOST_REQUESTS = 40
# How many examples of each kind; a kind is the code of the first trouble, or what else there is to see.
KINDS = {
    "before_data": 2,
    "empty_run_id": 1,
    "no_initial_load": 2,
    "no_interval_end": 1,
    "no_interval_start": 1,
    "run_without_result": 2,
    "milliseconds": 2,
    "several rounds": 3,
    "two report types": 2,
    "resumed run": 2,
    "lost file": 1,
    "misread": 2,
    "one round": 2,
}
NUMBERED = [f"{kind} {number + 1}" for kind, count in KINDS.items() for number in range(count)]


@dataclass
class Example:
    """A generated connector on the worker, what was predicted of it, and what came."""

    kind: str
    world: World
    name: str = field(default_factory=lambda: f"test-prediction-{uuid.uuid4().hex[:8]}")
    accounts: dict[str, Account] = field(default_factory=dict, repr=False)
    stored: dict[ReportPartition, dict[str, Any]] = field(default_factory=dict, repr=False)
    older_runs: dict[str, ReportPartition] = field(default_factory=dict, repr=False)
    requests: tuple[Request, ...] = ()
    troubles: tuple[Problem, ...] = ()
    log: tuple[str, ...] = field(default=(), repr=False)
    delivered: Counter[str] = field(default_factory=Counter, repr=False)

    def partitions_in(self, *codes: str) -> set[ReportPartition]:
        return {trouble.partition for trouble in self.troubles if trouble.code in codes}

    def logged(self, pattern: re.Pattern[str]) -> list[tuple[str, ...]]:
        return [found.groups() for line in self.log if (found := pattern.search(line))]


def drawn_examples() -> list[Example]:
    """As many of each kind as KINDS says, no two of the same shape; the same ones for the same clock and seed.

    Raises AssertionError for too few.
    """
    missing = Counter(KINDS)
    examples: list[Example] = []
    shapes = set()
    now = time.time()

    @settings(max_examples=DRAWN_AT_ONCE, deadline=None, database=None, phases=[Phase.generate])
    @given(worlds(clock=now) | worlds_in_milliseconds(clock=now))
    def draw(world: World) -> None:
        predicted = walk(world.settings, world.offsets, world.partitions, world.accounts, world.now)
        requests = predicted.requests
        assume(1 <= len(requests) <= MOST_REQUESTS)
        # Connect's REST API takes no larger integer.
        assume(all(one.__class__ is not int or one < 2**63 for raw in world.stored.values() for one in raw.values()))
        kind = next((problem.code for problem in predicted.problems), None)
        if any(number > LATEST_EPOCH_SECONDS for raw in world.stored.values() for number in times_of(raw)):
            kind = "milliseconds"
        elif kind is None and is_made_anew(world, requests):
            kind = "lost file"
        elif kind is None and any(offset.misread_in(requests[0].round_id) for offset in world.offsets.values()):
            kind = "misread"
        elif kind is None and any(not request.is_new_run for request in requests):
            kind = "resumed run"
        elif kind is None:
            several = len({request.round_id for request in requests}) > 1
            kind = "two report types" if len(world.types) > 1 else "several rounds" if several else "one round"
        shape = kind, world.cron, world.max_days, len(world.zones), len(world.types), len(requests)
        if missing[kind] and shape not in shapes:
            shapes.add(shape)
            missing[kind] -= 1
            examples.append(Example(kind, world))

    for number in range(MOST_DRAWS):
        seed(SEED + number)(draw)()
        if not missing.total():
            break
    assert not missing.total(), f"too few examples of {+missing} with the seed {SEED}"
    return sorted(examples, key=lambda example: list(KINDS).index(example.kind))


def is_made_anew(world: World, requests: Sequence[Request]) -> bool:
    """Whether an open run of which the file is gone is asked for once more."""
    lost = {ReportPartition(*where) for where, status in world.run_status.items() if status == "file_lost"}
    rows = {one: offset.next_row for one, offset in world.offsets.items() if one in lost and offset.run_id}
    return any(one.is_new_run and one.first_row and one.first_row == rows.get(one.partition) for one in requests)


def times_of(raw: Offset) -> list[int]:
    state = remembered(raw)
    return [moment for moment in (state.start, state.end, state.round) if moment is not None]
