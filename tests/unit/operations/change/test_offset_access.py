# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets over REST: written, read back twice alike, and undone by the run that sent them only."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotStoppedYet,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import RestOffsets
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

ORDERS, BILLS, NEWS = (Partition.of({"table": name}) for name in ("orders", "bills", "news"))
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
CHANGES = (
    OffsetChange(ORDERS, {"id": 5}, {"id": 1}),
    OffsetChange(BILLS, {"id": 7}, None),
    OffsetChange(NEWS, None, {"id": 1.0}),
)
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}, NEWS: {"id": 1.0}}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(FakeConnector(offsets=dict(BEFORE), state="STOPPED"))


@pytest.fixture
def offsets(cluster: FakeCluster) -> RestOffsets:
    return RestOffsets(cluster, "c", cluster.sleep)


def stored(cluster: FakeCluster) -> dict[Partition, Offset | None]:
    return cluster.by_name["c"].offsets


def refused() -> ConnectError:
    return ConnectError("Kafka Connect refused it (status 500).")


# Writing


def test_offsets_are_set_added_and_deleted_with_one_request(cluster: FakeCluster, offsets: RestOffsets) -> None:
    offsets.write(CHANGES)
    assert stored(cluster) == AFTER
    assert cluster.writes == ["alter_offsets"]
    assert isinstance(offsets.stored()[NEWS]["id"], float)


def test_they_count_once_they_were_read_twice_alike(cluster: FakeCluster, offsets: RestOffsets) -> None:
    cluster.stale_reads = 3
    offsets.write(CHANGES)
    assert cluster.methods() == ["alter_offsets"] + ["offsets"] * 5


def test_a_null_offset_is_as_good_as_none(cluster: FakeCluster, offsets: RestOffsets) -> None:
    stored(cluster)[NEWS] = None
    assert offsets.stored() == BEFORE


@pytest.mark.parametrize("acts, writes", [(True, 1), (False, 2)], ids=["made", "not made"])
def test_an_answer_that_was_lost_is_settled_by_reading(
    cluster: FakeCluster, offsets: RestOffsets, acts: bool, writes: int
) -> None:
    cluster.next_faults["alter_offsets"] = [Fault(UnknownOutcome("no answer"), acts)]
    offsets.write(CHANGES)
    assert stored(cluster) == AFTER
    assert cluster.writes == ["alter_offsets"] * writes


def test_only_what_is_missing_is_sent_again(cluster: FakeCluster, offsets: RestOffsets) -> None:
    half = Fault(UnknownOutcome("no answer"), instead=lambda: cluster.store("c", {ORDERS: {"id": 1}}))
    cluster.next_faults["alter_offsets"] = [half]
    offsets.write(CHANGES)
    again = [call for call in cluster.calls if call.method == "alter_offsets"][1]
    assert [one["partition"] for one in again.arguments[1]] == [BILLS.as_dict(), NEWS.as_dict()]


def test_connect_may_say_for_a_while_that_it_is_not_stopped_yet(cluster: FakeCluster, offsets: RestOffsets) -> None:
    cluster.next_faults["alter_offsets"] = [Fault(NotStoppedYet("not yet"))] * 3
    offsets.write(CHANGES)
    assert stored(cluster) == AFTER


def test_a_connector_that_runs_again_is_refused_in_the_end(cluster: FakeCluster, offsets: RestOffsets) -> None:
    cluster.by_name["c"].show("RUNNING")
    with pytest.raises(NotStoppedYet):
        offsets.write(CHANGES)
    assert stored(cluster) == BEFORE


def test_an_offset_that_stays_although_connect_accepted_it_is_named(cluster: FakeCluster, offsets: RestOffsets) -> None:
    cluster.unaddressable = {BILLS}
    with pytest.raises(RecoveryError) as caught:
        offsets.write(CHANGES)
    assert caught.value.message == (
        "Connect accepted the offsets of connector 'c', but table=bills did not change: REST probably cannot address"
        " the stored key. Set kafka_bootstrap_servers, so that the offset is written to the offsets topic;"
        " if it is set already, compare the stored key with that in the topic."
    )


# Undoing


def test_what_was_sent_is_taken_back(cluster: FakeCluster, offsets: RestOffsets) -> None:
    offsets.write(CHANGES)
    offsets.undo()
    assert stored(cluster) == BEFORE


def test_only_what_was_changed_is_taken_back(cluster: FakeCluster, offsets: RestOffsets) -> None:
    """A connector that refuses to have its offsets altered refuses the undo as well."""
    cluster.broken["alter_offsets"] = refused()
    with pytest.raises(ConnectError):
        offsets.write(CHANGES)
    offsets.undo()
    assert cluster.writes == ["alter_offsets"]


def test_a_write_that_was_half_done_is_taken_back(cluster: FakeCluster, offsets: RestOffsets) -> None:
    half = Fault(refused(), instead=lambda: cluster.store("c", {BILLS: None, NEWS: {"id": 1.0}}))
    cluster.next_faults["alter_offsets"] = [half]
    with pytest.raises(ConnectError):
        offsets.write(CHANGES)
    offsets.undo()
    assert stored(cluster) == BEFORE


def test_nothing_is_taken_back_that_this_run_did_not_send(cluster: FakeCluster, offsets: RestOffsets) -> None:
    """Another run has just written one of the targets and started the connector, so that this run is refused."""
    cluster.store("c", {ORDERS: {"id": 1}})
    cluster.by_name["c"].show("RUNNING")
    with pytest.raises(NotStoppedYet):
        offsets.write(CHANGES)
    calls = len(cluster.calls)
    offsets.undo()
    assert stored(cluster) == {**BEFORE, ORDERS: {"id": 1}}
    assert len(cluster.calls) == calls


def test_an_offset_that_somebody_else_has_written_since_is_left_and_named(
    cluster: FakeCluster, offsets: RestOffsets
) -> None:
    offsets.write(CHANGES)
    cluster.store("c", {ORDERS: {"id": 99}})
    with pytest.raises(
        RecoveryError, match=r"^The offset of table=orders of connector 'c' is neither .* it stays as it is\.$"
    ):
        offsets.undo()
    assert stored(cluster) == {**BEFORE, ORDERS: {"id": 99}}
