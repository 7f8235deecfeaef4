# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and offsets that nobody would write: each is judged and decided on, or refused in a sentence."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import StripeState
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import DAY, NOW, PST, TODAY, connector

SEED = 2033
CONNECTORS = 150
SETTINGS = {
    "stripe.api.keys": ["PST:k", "PST:", "${f:k}", "PST:${f:k};UTC:k", "${f:k};PST:k", "PST:****", "", ";", "PST"],
    "stripe.report.types": ["a.1", "a.1,a.1", "a.1,,b.1", ",", "", "${f:t}", "****"],
    "stripe.report.initial.load.dates": ["", "a.1:2026-11-01", "a.1:2026-02-30", "a.1:0000-01-01", "a.1", "${f:d}"],
    "poll.cron": ["0 0 0 * * ?", "0 0 0 29 2 ?", "0 0 0 1 1 ? 2030", "0 0 0 LW * ?", "", "${f:c}"],
    "max.report.interval.days": ["30", "+2", "\u00b2", "\uff12", "0", "", "9" * 30, "${f:d}"],
    "stripe.report.max.wait.ms": ["-1", "+5", "\u00b2", "1e3", "9" * 30, "", "${f:w}"],
}
# Rounds between the epoch and now would all be walked through, which takes its time and is tested elsewhere.
NUMBERS = [TODAY, TODAY - DAY, TODAY - 5 * DAY, 2**31, 2**63 - 1, -(2**63), 2**70, 4_102_444_800, TODAY * 1000]
RUN_IDS = [None, "", " ", "frr_1", 7, True, 0.5]
FLAGS = [True, False, None, "TRUE", "yes", 1, 0, float("nan"), "no"]


def number(draw: random.Random) -> Any:
    of = draw.choice(NUMBERS)
    forms = [of, of, of, float(of), f"{of}", f"+{of}", f" {of}", f"{of}.0", f"00{of}"]
    return draw.choice([*forms, None, True, "", float("inf"), "1_0"])


def odd_offset(draw: random.Random) -> Offset:
    fields = {name: number(draw) for name in ("interval_start", "interval_end", "last_committed_row", "round_id")}
    fields |= {"in_progress_report_run_id": draw.choice(RUN_IDS), "processed_in_round": draw.choice(FLAGS), "more": 1}
    return {name: value for name, value in fields.items() if draw.random() < 0.9}


def odd_partition(draw: random.Random) -> Partition:
    fields = {"timezone": draw.choice([PST, "UTC ", "GMT+05:30"]), "report_type": draw.choice(["a.1", "b.1", ""])}
    others: list[dict[str, Any]] = [{}, {"timezone": 1, "report_type": "a.1"}, {"timezone": PST}, {**fields, "x": 1}]
    return Partition.of(draw.choice(others) if draw.random() < 0.2 else fields)


def odd_connector(draw: random.Random) -> Connector:
    config = dict(connector({}).config)
    for key, values in SETTINGS.items():
        # Mostly the first, so that the code after the settings is reached.
        config[key] = draw.choice(values) if draw.random() < 0.3 else values[0]
    offsets = tuple(StoredOffset(odd_partition(draw), odd_offset(draw)) for _number in range(draw.choice([0, 1, 2, 3])))
    return replace(connector({}, state=draw.choice(["RUNNING", "STOPPED", "FAILED"])), config=config, offsets=offsets)


@pytest.mark.parametrize("part", range(3))
def test_whatever_is_there_is_judged_and_decided_on_or_refused_in_a_sentence(part: int) -> None:
    draw = random.Random(SEED + part)
    kind = StripeReporting(StripeOptions(ask=False, keys={}), SharedAnswers())
    judged = 0
    for _number in range(CONNECTORS // 3):
        of = odd_connector(draw)
        state = StripeState(TODAY, True, draw.choice(["unknown", "pending", "lost", "succeeded"]))
        try:
            situation = Situation.of(of, NOW)
            situation = replace(situation, stripe=dict.fromkeys(situation.partitions, state))
            found = kind.judge(situation, Limits(), [ResetRequest("continue"), ResetRequest("current")])
        except RecoveryError:
            continue
        json.dumps(found.facts)
        kind.delivery(of)
        judged += 1
        for strategy in ("continue", "available_end", "delete"):
            with suppress(RecoveryError):
                kind.decide(situation, ResetRequest(strategy))
    assert judged > CONNECTORS // 3 // 4
