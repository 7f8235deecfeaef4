# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for a recovery as a task, on a cluster in memory: how long it waits, what it reads, what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound, Unreachable
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read import looks
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import WorkerLogs
from unit.fake_cluster import FakeConnector
from unit.operations.tasks.verification import BEFORE, ITEMS, NOW, OLD, ORDERS, Verification, outcomes


def test_it_waits_until_every_partition_has_a_commit_of_the_connectors_own(verification: Verification) -> None:
    planned = verification.reset()
    verification.after(20, {ORDERS: {"id": 3}})
    verification.after(40, {ITEMS: {"id": 4}})
    result = verification.wait(planned=planned)
    assert (result["recovered"], result["message"]) == (True, "Recovered: c.")
    assert 40 <= result["waited_seconds"] < 50
    assert [one["moved_by"] for one in result["connectors"]["c"]["partitions"]] == [{"id": 2}, {"id": 2}]
    assert verification.said == [
        "eu-1 c: 0 of 2 partitions have recovered, waiting for items, orders",
        "eu-1 c: 1 of 2 partitions has recovered, waiting for items",
    ]
    assert verification.cluster.writes == []


def test_a_commit_between_the_resume_and_the_first_look_counts(verification: Verification) -> None:
    planned = verification.reset()
    # That of items, which the reset did not write, is in its backup.
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    result = verification.wait(planned=planned)
    assert (result["recovered"], result["waited_seconds"]) == (True, 0)
    assert verification.said == []


def test_without_its_backup_progress_counts_from_the_first_look(verification: Verification) -> None:
    planned = verification.reset()
    Path(planned["c"]["backup_file"]).unlink()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    result = verification.wait(planned=planned)
    assert outcomes(result) == {"orders": "recovered", "items": "not_proven"}


def test_a_connector_that_stores_nothing_is_not_proven_when_the_time_is_over(verification: Verification) -> None:
    result = verification.wait(planned=verification.reset())
    assert not result["recovered"]
    assert (result["timeout_seconds"], result["waited_seconds"]) == (600, 600)
    assert outcomes(result) == {"orders": "not_proven", "items": "not_proven"}
    assert result["message"].startswith("Recovery not proven after 10 min: c of eu-1: 0 of 2 partitions recovered; ")
    assert result["message"].count(". ") == 0
    assert len(verification.said) == 1, "one line per change"


def test_the_limit_can_be_set(verification: Verification) -> None:
    result = verification.wait(planned=verification.reset(), timeout_seconds=7)
    assert (result["timeout_seconds"], result["waited_seconds"]) == (7, 7)


def test_the_limit_is_long_enough_for_the_report_runs_to_come_with_the_wait_that_the_reset_has_raised(
    verification: Verification,
) -> None:
    start = int(NOW) - 40 * 86_400
    offset: Offset = {
        "interval_start": start,
        "interval_end": start,
        "in_progress_report_run_id": None,
        "last_committed_row": None,
        "round_id": int(NOW) // 86_400 * 86_400,
        "processed_in_round": False,
    }
    config = {
        "connector.class": "StripeSourceConnector",
        "stripe.report.types": "balance.summary.1",
        "stripe.report.max.wait.ms": "3600000",
    }
    stored = {Partition.of({"report_type": "balance.summary.1", "timezone": "PST"}): offset}
    verification.cluster.by_name["c"] = FakeConnector("c", config, dict(stored))
    result = verification.wait(check_mode=True, ask_stripe=False)
    # 40 days in chunks of 30 are two report runs of an hour each.
    assert result["timeout_seconds"] == 2 * 3600


def test_a_setting_that_is_put_back_ends_the_wait(verification: Verification) -> None:
    planned = verification.reset()
    verification.later.append((20, lambda: verification.connector.config.update({"max.wait.ms": "1000"})))
    result = verification.wait(planned=planned)
    assert result["connectors"]["c"]["outcome"] == "not_recovered"
    assert result["waited_seconds"] < 40
    assert "Terraform, may have put it back; change it there" in result["message"]
    (setting,) = result["connectors"]["c"]["settings"]
    assert setting == {"key": "max.wait.ms", "written": "5000", "value": "1000", "found": "old_value"}


def test_a_task_that_failed_is_looked_at_twice_and_not_waited_for(verification: Verification) -> None:
    planned = verification.reset()
    verification.connector.task_state = "FAILED"
    verification.connector.show("RUNNING")
    result = verification.wait(planned=planned)
    assert result["waited_seconds"] == 5
    assert result["message"] == "Not recovered after 5 s: c of eu-1: task 0 is FAILED."


def test_a_task_that_is_seen_failed_for_a_moment_is_waited_for(verification: Verification) -> None:
    planned = verification.reset()
    verification.connector.task_state = "FAILED"
    verification.connector.show("RUNNING")

    def start() -> None:
        verification.connector.task_state = "RUNNING"
        verification.connector.show("RUNNING")
        verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})

    verification.later.append((4, start))
    assert verification.wait(planned=planned)["recovered"]


def test_one_that_was_paused_is_said_not_to_be_verified(tmp_path: Path) -> None:
    verification = Verification(tmp_path, state="PAUSED")
    result = verification.wait(planned=verification.reset())
    assert (result["recovered"], result["waited_seconds"]) == (True, 0)
    assert result["message"] == "c: it is PAUSED, so it delivers nothing: not verified."


def test_check_mode_looks_once_and_waits_for_nothing(verification: Verification) -> None:
    result = verification.wait(planned=verification.reset(), check_mode=True)
    assert (result["recovered"], result["waited_seconds"]) == (False, 0)
    assert verification.cluster.methods("connectors") == ["connectors"]


def test_what_has_not_changed_is_not_judged_again(verification: Verification, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = verification.reset()
    read: list[Any] = []
    monkeypatch.setattr(looks, "read_worker_logs", lambda options: read.append(options) or WorkerLogs())
    verification.after(20, {ORDERS: {"id": 3}})
    verification.wait(planned=planned, timeout_seconds=50)
    # At the start, after the change and at the end.
    assert len(read) == 3


def test_a_failure_of_a_later_look_is_said_once_and_waited_out(verification: Verification) -> None:
    planned = verification.reset()
    down = Unreachable("Kafka Connect cannot be reached at http://connect-1:8083: refused.")
    verification.later.append((10, lambda: verification.cluster.broken.update({"connectors": down})))
    verification.later.append((30, verification.cluster.broken.clear))
    verification.after(30, {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    assert verification.wait(planned=planned)["recovered"]
    assert verification.said.count(down.sentence) == 1


def test_a_cluster_that_stays_away_is_named_in_the_end(verification: Verification) -> None:
    planned = verification.reset()
    down = Unreachable("Kafka Connect cannot be reached at http://connect-1:8083: refused.")
    verification.later.append((10, lambda: verification.cluster.broken.update({"connectors": down})))
    assert verification.wait(planned=planned)["message"].endswith(f"The last reading failed: {down.sentence}")


def test_a_cluster_that_cannot_be_reached_at_all_is_an_error(verification: Verification) -> None:
    verification.cluster.is_down = True
    with pytest.raises(RecoveryError, match="cannot be reached"):
        verification.wait()


def test_a_connector_that_is_deleted_meanwhile_is_an_error(verification: Verification) -> None:
    verification.later.append((10, lambda: verification.cluster.by_name.pop("c")))  # type: ignore[arg-type, return-value]
    with pytest.raises(NotFound):
        verification.wait()


@pytest.mark.parametrize("seconds", [0, 10], ids=["before the first look", "while it is waited for"])
def test_a_connector_that_somebody_deletes_keeps_none_of_the_others_from_being_verified(
    verification: Verification, seconds: float
) -> None:
    cluster = verification.cluster
    cluster.by_name["gone"] = FakeConnector("gone", dict(OLD), dict(BEFORE))
    planned = verification.reset()
    planned["gone"] = planned["c"]
    if seconds:
        verification.later.append((seconds, lambda: cluster.by_name.pop("gone")))  # type: ignore[arg-type, return-value]
    else:
        del cluster.by_name["gone"]
    verification.after(20, {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    result = verification.wait(planned=planned, connectors=["gone", "c"])
    assert {name: one["outcome"] for name, one in result["connectors"].items()} == {
        "gone": "not_recovered",
        "c": "recovered",
    }
    assert not result["recovered"]
    assert result["waited_seconds"] < 40
    assert "gone of eu-1: it does not exist any more: find out who deleted it" in result["message"]


def test_a_name_that_nobody_has_reset_is_a_typing_error(verification: Verification) -> None:
    with pytest.raises(NotFound):
        verification.wait(planned=verification.reset(), connectors=["c", "d"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"connectors": []}, "connectors is empty"),
        ({"interval_seconds": 0}, "interval_seconds is 0 s"),
        ({"timeout_seconds": -1}, "timeout_seconds is -1 s"),
        ({"planned": {"c": {"changed": True}}}, "planned.c is not the result of a reset"),
        ({"max_age_days": 0}, "max_age_days is 0"),
        ({"soak_hours": 0}, "soak_hours is 0: set it to 1 or more"),
        ({"from_backups": True}, "from_backups is true, and connectors names some"),
        ({"worker_log_units": ["--help"]}, "worker_log_units: '--help' is not a systemd unit"),
        ({"worker_log_command": [" "]}, "worker_log_command begins with a blank"),
    ],
)
def test_options_that_cannot_work_are_refused_before_anything_is_read(
    verification: Verification, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        verification.wait(**options)
    assert verification.cluster.calls == []


# Checkpoints and samples


def checkpoints(result: dict[str, Any]) -> dict[str, str]:
    return {one["checkpoint"]: one["status"] for one in result["connectors"]["c"]["checkpoints"]}


def test_a_log_with_failed_polls_and_no_commit_proves_no_recovery(verification: Verification) -> None:
    verification.reset()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    printed = "print('2026-11-30T00:00:00Z ERROR [c|task-0] no disk')"
    result = verification.wait(worker_log_command=[sys.executable, "-c", printed])
    assert not result["recovered"]
    assert result["message"].startswith(
        "Recovery not proven: c of eu-1: logs: 1 failed poll and 0 timeouts since the change"
    )
    assert checkpoints(result) == {
        "logs": "failed",
        "offsets": "passed",
        "data": "not_looked_at",
        "partitions": "passed",
        "tasks": "passed",
        "settings": "passed",
    }


def test_a_sample_is_kept_where_that_is_asked_for_and_never_in_check_mode(verification: Verification) -> None:
    verification.reset()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    seen = [verification.wait(), verification.wait(keep_samples=True, check_mode=True)]
    assert [one["connectors"]["c"]["soak"]["samples"] for one in seen] == [1, 1]
    assert verification.store.samples() is None
    kept = [verification.wait(keep_samples=True)["connectors"]["c"]["soak"]["samples"] for _time in range(2)]
    assert kept == [1, 2]
    samples = verification.store.samples()
    assert samples is not None
    assert [one.is_good for one in samples.samples] == [True, True]


def test_the_samples_of_an_earlier_change_do_not_count(verification: Verification) -> None:
    verification.reset()
    verification.wait(keep_samples=True, timeout_seconds=1)
    verification.cluster.store("c", {ORDERS: {"id": 3}})
    verification.reset()
    assert verification.wait(check_mode=True)["connectors"]["c"]["soak"]["samples"] == 1


def test_samples_that_cannot_be_kept_are_a_warning(verification: Verification, monkeypatch: pytest.MonkeyPatch) -> None:
    verification.reset()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})

    def refuse(store: FolderStore, soak: Any) -> None:
        raise RecoveryError("The disk is full.")

    monkeypatch.setattr(FolderStore, "note_samples", refuse)
    outcome = verification.outcome(keep_samples=True)
    assert outcome.result["recovered"]
    assert outcome.warnings == ["The sample of connector 'c' is not kept: The disk is full."]
