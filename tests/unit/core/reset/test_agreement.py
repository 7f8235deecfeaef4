# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which plan is the agreed one, and the sentence that names what has moved since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import Agreed, what_moved
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

ORDERS, ITEMS = (Partition.of({"table": name}) for name in ("orders", "items"))
WAIT = SettingChange("max.wait.ms", "1500", "3600000", secret=False)
PASSWORD = SettingChange("db.password", "old-secret-1", "new-secret-2", secret=True)
PLAN = Plan(
    cluster="connect-1",
    cluster_id="kafka-1",
    connector="c",
    strategy="offset",
    state="RUNNING",
    final_state="RUNNING",
    settings=(WAIT,),
    offsets=(OffsetChange(ORDERS, {"id": 5, "row": 1}, {"id": 1, "row": 1}),),
    presumed={ORDERS: {"id": 5, "row": 1}, ITEMS: {"id": 7}},
    request={"strategy": "offset"},
)


@pytest.mark.parametrize(
    "moved, words",
    [
        ({"cluster_id": "kafka-2"}, "it belongs to the Kafka cluster kafka-1, and this is kafka-2"),
        ({"state": "PAUSED"}, "the state was RUNNING and is PAUSED"),
        (
            {"presumed": {**PLAN.presumed, ORDERS: {"id": 6, "row": 1}}},
            "the offset of table=orders moved from id=5 to id=6",
        ),
        (
            {"presumed": {**PLAN.presumed, ORDERS: {"id": "5", "row": 1}}},
            'the offset of table=orders moved from id=5 to id="5"',
        ),
        ({"presumed": {ORDERS: PLAN.presumed[ORDERS]}}, "the offset of table=items moved from id=7 to none"),
        (
            {"settings": (replace(WAIT, before="2000"),)},
            "max.wait.ms was 1500 (1.5 s) and is 2000 (2 s)",
        ),
        ({"settings": ()}, "max.wait.ms need not change any more"),
        (
            {"settings": (WAIT, SettingChange("poll.ms", "1", "2", secret=False))},
            "poll.ms would change as well",
        ),
        (
            {"settings": (replace(WAIT, after="60000"),)},
            "max.wait.ms would become 60000 (1 min) and not 3600000 (60 min)",
        ),
        ({"final_state": "PAUSED"}, "it would be PAUSED afterwards and not RUNNING"),
        ({"restart": True}, "restart was false and would be true"),
        (
            {"offsets": (OffsetChange(ORDERS, {"id": 5, "row": 1}, {"id": 2, "row": 1}),)},
            "the available data, the round or the backup moved on, so other offsets would be written",
        ),
    ],
    ids=str,
)
def test_the_fact_that_moved_is_named(moved: dict[str, Any], words: str) -> None:
    now = replace(PLAN, **moved)
    assert what_moved(PLAN.as_data(), now.as_data()) == words
    with pytest.raises(RecoveryError) as caught:
        Agreed(PLAN.id, PLAN.as_data()).check(now)
    assert caught.value.message.startswith(f"The plan {PLAN.id} does not fit any more: ")
    assert caught.value.facts["plan"]["id"] == now.id


def test_another_secret_is_named_and_not_shown() -> None:
    plan = replace(PLAN, settings=(PASSWORD,))
    now = replace(plan, settings=(replace(PASSWORD, before="third-secret-3"),))
    assert what_moved(plan.as_data(), now.as_data()) == "the hidden value of db.password is another one"


def test_of_many_facts_the_first_are_named_and_the_others_counted() -> None:
    presumed = {Partition.of({"n": number}): {"id": number} for number in range(5)}
    plan = replace(PLAN, presumed=presumed)
    now = replace(plan, presumed={one: {"id": 9} for one in presumed})
    assert what_moved(plan.as_data(), now.as_data()).endswith("; the offset of n=2 moved from id=2 to id=9; and 2 more")


def test_what_is_healthy_by_now_is_said_for_the_same_request_only() -> None:
    healthy = replace(PLAN, settings=(), offsets=())
    assert Agreed(PLAN.id).check(PLAN) is None
    remark = Agreed(PLAN.id).check(healthy)
    assert remark is not None
    assert remark.startswith(f"Plan {PLAN.id} was agreed to, and nothing is left to change")
    for other in ({"request": {"strategy": "delete"}}, {"connector": "d"}, {"cluster": "connect-2"}):
        with pytest.raises(RecoveryError, match="was made for another connector, strategy, partitions or settings"):
            Agreed(PLAN.id).check(replace(healthy, **other))


def test_an_unfinished_change_that_was_agreed_to_may_begin_anew_or_only_return() -> None:
    begun = replace(PLAN, state="STOPPED")
    written = replace(begun, settings=(), offsets=(), presumed={ORDERS: {"id": 1, "row": 1}})
    for now in (begun, written):
        assert Agreed(PLAN.id).check(now, "RUNNING") is None
        with pytest.raises(RecoveryError, match="does not fit"):
            Agreed(PLAN.id).check(now)
    half = replace(begun, settings=())
    with pytest.raises(RecoveryError, match=r"max\.wait\.ms need not change any more"):
        Agreed(PLAN.id, PLAN.as_data()).check(half, "RUNNING")
