# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: its id, its data, and its diff."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicKey
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import (
    plan_id,
    same_request,
    secret_fingerprint,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    OffsetChange,
    Plan,
    final_state_of,
    offset_changes,
    show_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import CAIRO, NEW_YORK, PST, TODAY, connector, offset, partition

OLD, NEW = offset("2026-11-11", "2026-11-12"), offset("2026-11-11", TODAY)
WAIT = SettingChange("stripe.report.max.wait.ms", "300000", "3600000", secret=False)
KEY = TopicKey("offsets", 3, b'["c",{"timezone":"PST"}]', None)
PLAN = Plan(
    cluster="connect-eu-1",
    cluster_id="kafka-1",
    connector="c",
    strategy="continue",
    state="RUNNING",
    final_state="RUNNING",
    settings=(WAIT,),
    offsets=(OffsetChange(partition(CAIRO), OLD, NEW), OffsetChange(partition(PST), OLD, NEW)),
    presumed={partition(CAIRO): OLD, partition(PST): OLD},
    request={"strategy": "continue"},
)


SECRET = "sk_live_51abcdef"
SECRET_SETTINGS = (
    SettingChange("stripe.api.keys", f"PST:{SECRET}", f"PST:{SECRET}x", secret=False),
    SettingChange("odd", SECRET, None, secret=True),
    SettingChange("proxy.url", f"http://u:{SECRET}@h/", None, secret=False),
)


def reversed_fields(fields: Any) -> dict[str, Any]:
    return dict(reversed(list(fields.items())))


def turned(one: Partition) -> Partition:
    return Partition.of(reversed_fields(one.as_dict()))


def test_the_id_is_the_same_in_every_process() -> None:
    assert PLAN.id == "b8c4d25c0b39"


def test_equal_plans_have_equal_ids_whatever_the_order_of_fields_and_partitions() -> None:
    other = replace(
        PLAN,
        offsets=tuple(
            OffsetChange(turned(one.partition), reversed_fields(OLD), reversed_fields(NEW))
            for one in reversed(PLAN.offsets)
        ),
        presumed={turned(one): reversed_fields(value) for one, value in reversed(list(PLAN.presumed.items()))},
    )
    assert other.id == PLAN.id


CHANGED = {
    "Connect cluster on the same Kafka cluster": {"cluster": "connect-eu-2"},
    "Kafka cluster": {"cluster_id": "kafka-2"},
    "connector": {"connector": "d"},
    "strategy": {"strategy": "current"},
    "state": {"state": "PAUSED"},
    "final state": {"final_state": "PAUSED"},
    "restart": {"restart": True},
    "request": {"request": {"strategy": "continue", "allow_gap": True}},
    "another way to write": {"offsets": (replace(PLAN.offsets[0], topic_keys=(KEY,)), PLAN.offsets[1])},
    "no setting": {"settings": ()},
    "another value": {"settings": (replace(WAIT, after="3600001"),)},
    "another value before": {"settings": (replace(WAIT, before="300001"),)},
    "the key goes": {"settings": (replace(WAIT, after=None),)},
    "another key": {"settings": (replace(WAIT, key="in.progress.poll.interval.ms"),)},
    "an offset less": {"offsets": PLAN.offsets[:1]},
    "another offset": {"offsets": (OffsetChange(partition(CAIRO), OLD, {**NEW, "round_id": 1}), PLAN.offsets[1])},
    "another type": {
        "offsets": (OffsetChange(partition(CAIRO), OLD, {**NEW, "round_id": str(TODAY)}), PLAN.offsets[1])
    },
    "another before": {"offsets": (OffsetChange(partition(CAIRO), None, NEW), PLAN.offsets[1])},
    "deleted": {"offsets": (OffsetChange(partition(CAIRO), OLD, None), PLAN.offsets[1])},
    "another partition": {"offsets": (OffsetChange(partition(NEW_YORK), OLD, NEW), PLAN.offsets[1])},
    "another offset presumed": {"presumed": {**PLAN.presumed, partition(PST): NEW}},
    "one more presumed": {"presumed": {**PLAN.presumed, partition(NEW_YORK): OLD}},
    "one less presumed": {"presumed": {partition(CAIRO): OLD}},
}


@pytest.mark.parametrize("content", CHANGED.values(), ids=CHANGED)
def test_any_other_content_is_another_plan(content: dict[str, Any]) -> None:
    assert replace(PLAN, **content).id != PLAN.id


def test_every_field_of_a_plan_is_among_those_that_were_changed() -> None:
    assert {name for content in CHANGED.values() for name in content} == {one.name for one in fields(Plan)}


def test_a_state_that_only_passes_while_connect_rebalances_is_no_other_plan() -> None:
    assert {replace(PLAN, state=state).id for state in ("UNASSIGNED", "RESTARTING")} == {PLAN.id}


def test_the_id_can_be_made_again_from_the_data_when_it_comes_back_from_json() -> None:
    data = json.loads(json.dumps(replace(PLAN, settings=SECRET_SETTINGS, request={"at_least": {"a": 1.5}}).as_data()))
    assert plan_id(data) == data["id"]
    for key in set(data) - {"id", "is_empty", "offsets_stored"}:
        other = {**data, key: "RUNNING2" if isinstance(data[key], str) else [data[key]]}
        assert plan_id(other) != data["id"], key


def test_two_plans_for_the_same_request_are_told_apart_from_others() -> None:
    assert same_request(replace(PLAN, offsets=(), state="FAILED").id, PLAN.id)
    for other in ({"request": {"strategy": "current"}}, {"connector": "d"}, {"cluster": "e"}):
        assert not same_request(replace(PLAN, **other).id, PLAN.id)


def test_no_secret_is_in_the_plan_as_it_may_be_seen() -> None:
    plan = replace(PLAN, settings=SECRET_SETTINGS)
    seen = json.dumps(plan.as_data()) + show_changes(plan, "before") + show_changes(plan, "after")
    assert SECRET not in seen
    assert HIDDEN in seen


@pytest.mark.parametrize("number", range(len(SECRET_SETTINGS)))
@pytest.mark.parametrize("side", ["before", "after"])
def test_another_secret_is_another_plan_although_neither_is_shown(number: int, side: str) -> None:
    change = SECRET_SETTINGS[number]
    other = replace(change, **{side: (getattr(change, side) or SECRET).replace(SECRET, "sk_live_99zzzzzz")})
    one, changed = (replace(PLAN, settings=(setting,)).as_data() for setting in (change, other))
    assert one["id"] != changed["id"]
    assert one["hidden_changes"] != changed["hidden_changes"]
    assert one["settings"][0]["before"] == changed["settings"][0]["before"]


def test_a_secret_is_not_guessed_from_its_fingerprint_by_the_hash_of_a_candidate() -> None:
    """Both values, the partition and many rounds are in it, and little of it is kept."""
    fingerprint = secret_fingerprint("1234", "5678", "kafka-1/c/pin")
    assert len(fingerprint) == 8
    assert fingerprint != secret_fingerprint("1234", "5678", "kafka-1/d/pin")
    hashes = [sha256(json.dumps(one).encode()).hexdigest() for one in ("1234", "5678", ["1234", "5678"])]
    assert not any(fingerprint in one for one in hashes)


def test_the_plan_as_data() -> None:
    assert PLAN.as_data() == {
        "id": PLAN.id,
        "cluster": "connect-eu-1",
        "cluster_id": "kafka-1",
        "connector": "c",
        "strategy": "continue",
        "state": "RUNNING",
        "final_state": "RUNNING",
        "restart": False,
        "write_to": "rest",
        "settings": [{"key": "stripe.report.max.wait.ms", "before": "300000", "after": "3600000"}],
        "hidden_changes": {},
        "presumed": [
            {"partition": {"report_type": "balance.summary.1", "timezone": zone}, "offset": OLD}
            for zone in (CAIRO, PST)
        ],
        "request": {"strategy": "continue"},
        "offsets": [
            {"partition": {"report_type": "balance.summary.1", "timezone": zone}, "before": OLD, "after": NEW}
            for zone in (CAIRO, PST)
        ],
        "offsets_stored": 2,
        "is_empty": False,
    }


@pytest.mark.parametrize(
    "content, is_empty",
    [
        ({}, False),
        ({"settings": ()}, False),
        ({"offsets": ()}, False),
        ({"settings": (), "offsets": ()}, True),
        ({"settings": (), "offsets": (), "state": "STOPPED"}, False),
    ],
)
def test_a_plan_is_empty_when_nothing_is_to_change(content: dict[str, Any], is_empty: bool) -> None:
    assert replace(PLAN, **content).is_empty is is_empty


@pytest.mark.parametrize(
    "state, begun_in, final",
    [
        ("RUNNING", None, "RUNNING"),
        ("PAUSED", None, "PAUSED"),
        ("STOPPED", None, "STOPPED"),
        ("FAILED", None, "RUNNING"),
        ("UNASSIGNED", None, "RUNNING"),
        ("STOPPED", "RUNNING", "RUNNING"),
        ("STOPPED", "PAUSED", "PAUSED"),
        ("STOPPED", "FAILED", "RUNNING"),
        ("RUNNING", "STOPPED", "STOPPED"),
    ],
)
def test_the_state_before_is_the_state_after(state: str, begun_in: str | None, final: str) -> None:
    assert final_state_of(connector({}, zones=[PST], state=state), begun_in) == final


def test_what_is_at_its_target_already_is_no_change() -> None:
    stored = {partition(CAIRO): OLD, partition(NEW_YORK): NEW}
    targets: dict[Partition, Offset | None] = {
        partition(CAIRO): reversed_fields(OLD),
        turned(partition(NEW_YORK)): OLD,
        partition(PST): None,
        partition("UTC"): NEW,
    }
    assert offset_changes(stored, targets) == (
        OffsetChange(partition(NEW_YORK), NEW, OLD),
        OffsetChange(partition("UTC"), None, NEW),
    )


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)),
)
def test_after_the_changes_everything_is_at_its_target(stored: dict[str, int], targets: dict[str, int]) -> None:
    before = {Partition.of({"p": name}): {"pos": value} for name, value in stored.items()}
    wanted = {Partition.of({"p": name}): {"pos": value} if value else None for name, value in targets.items()}
    changes = offset_changes(before, wanted)
    after: dict[Partition, Any] = {**dict(before), **{change.partition: change.after for change in changes}}
    assert {one: after.get(one) for one in wanted} == wanted
    assert all(change.before != change.after for change in changes)


# The diff


def test_the_diff_shows_the_settings_and_the_fields_that_change() -> None:
    plan = replace(PLAN, offsets=PLAN.offsets[:1])
    assert show_changes(plan, "before") == (
        "config stripe.report.max.wait.ms = 300000\n"
        "offset of report_type=balance.summary.1 timezone=Africa/Cairo\n"
        "  round_id: 1794441600\n"
    )
    assert show_changes(plan, "after") == (
        "config stripe.report.max.wait.ms = 3600000\n"
        "offset of report_type=balance.summary.1 timezone=Africa/Cairo\n"
        "  round_id: 1795392000\n"
    )


def test_new_and_deleted_offsets_are_shown_whole_and_on_one_side() -> None:
    plan = replace(
        PLAN,
        settings=(),
        offsets=(
            OffsetChange(Partition.of({"p": 2}), None, {"pos": 1, "name": "x"}),
            OffsetChange(Partition.of({"p": 1}), {"pos": None}, None),
        ),
    )
    assert show_changes(plan, "before") == "offset of p=1\n  pos: null\n"
    assert show_changes(plan, "after") == 'offset of p=2\n  name: "x"\n  pos: 1\n'


def test_fields_that_come_go_or_change_their_type_are_shown() -> None:
    before: Offset = {"same": 1, "goes": 2, "typed": 1}
    after: Offset = {"same": 1, "comes": 3, "typed": "1"}
    plan = replace(PLAN, settings=(), offsets=(OffsetChange(Partition.of({"p": 1}), before, after),))
    assert show_changes(plan, "before") == "offset of p=1\n  goes: 2\n  typed: 1\n"
    assert show_changes(plan, "after") == 'offset of p=1\n  comes: 3\n  typed: "1"\n'


def test_a_change_of_state_and_removed_settings_are_shown() -> None:
    removed = (replace(WAIT, after=None), SettingChange("batch.size", None, "10", secret=False))
    plan = replace(PLAN, settings=removed, offsets=(), state="STOPPED")
    assert show_changes(plan, "before") == "config stripe.report.max.wait.ms = 300000\nstate STOPPED\n"
    assert show_changes(plan, "after") == "config batch.size = 10\nstate RUNNING\n"


def test_epoch_seconds_have_their_moment_after_the_raw_value() -> None:
    fields = frozenset({"round_id", "interval_end"})
    before, after = (show_changes(PLAN, side, fields) for side in ("before", "after"))
    assert f"  round_id: {OLD['round_id']} (2026-11-12 00:00Z)\n" in before
    assert f"  round_id: {TODAY} (2026-11-23 00:00Z)\n" in after
    assert "(" not in show_changes(PLAN, "after")


@pytest.mark.parametrize("value", [None, True, "1794528000", 1.5, 10**30])
def test_what_is_no_whole_number_of_seconds_has_no_moment(value: Any) -> None:
    plan = replace(PLAN, settings=(), offsets=(OffsetChange(partition(PST), None, {"round_id": value}),))
    assert show_changes(plan, "after", {"round_id"}).splitlines()[1] == f"  round_id: {json.dumps(value)}"
