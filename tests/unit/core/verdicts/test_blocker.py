# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A blocker survives as part of the facts."""

from __future__ import annotations

import json

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.blocker import BlockerFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Reason

REASONS = [Reason("runs_repeated", "3 runs, none ready", 3, 2, 1_795_000_000), Reason("refused", "it is refused")]


@pytest.mark.parametrize("reason", REASONS)
def test_a_blocker_is_the_same_after_its_way_through_the_facts(reason: Reason) -> None:
    candidates = tuple(Partition.of({"table": name}) for name in ("orders", "items"))
    blocker = BlockerFacts(candidates, "one_of", reason)
    assert BlockerFacts.of(json.loads(json.dumps(blocker.as_data()))) == blocker


@pytest.mark.parametrize("facts", [None, {}])
def test_facts_without_a_blocker_have_none(facts: dict[str, str] | None) -> None:
    assert BlockerFacts.of(facts) is None
