# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a recovery is seen on a real worker, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

from integration.recovery.tasks import CAIRO, MAX_WAIT, NEW_YORK, PST, ZONES, Tasks, stuck, succeeded
from lab import Lab
from lab.trial import Trial

LONGER_WAIT = {MAX_WAIT: "60m"}


def outcomes(tasks: Tasks, result: dict[str, Any]) -> dict[str, str]:
    return {one["partition"]["timezone"]: one["outcome"] for one in tasks.of(result)["partitions"]}


def test_a_recovery_is_seen_when_every_partition_has_a_commit_of_the_connectors_own(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    reset = succeeded(tasks.reset(at_least=LONGER_WAIT))
    result = tasks.verify(reset)
    assert result["recovered"], result["message"]
    assert outcomes(tasks, result) == dict.fromkeys(ZONES, "recovered")
    written = {zone["timezone"]: zone["delivered_to"] for zone in tasks.of(reset)["forecast"]["partitions"]}
    for one in tasks.of(result)["partitions"]:
        assert one["moved"]
        assert one["delivered_to"] > written[one["partition"]["timezone"]]
    assert result["timeout_seconds"] >= 600
    assert [one["found"] for one in tasks.of(result)["settings"]] == ["as_written"]


def test_a_key_that_stripe_refuses_is_named_and_not_waited_for(trial: Trial, tasks: Tasks) -> None:
    trial.account(CAIRO).respond(status=401, times=None)
    stuck(trial)
    result = tasks.verify(succeeded(tasks.reset(at_least=LONGER_WAIT)))
    assert not result["recovered"]
    assert outcomes(tasks, result) == {CAIRO: "not_recovered", NEW_YORK: "recovered", PST: "recovered"}
    assert f"2 of 3 partitions recovered; {CAIRO}: Stripe refuses its API key" in result["message"]
    assert result["waited_seconds"] < 60


def test_the_old_wait_that_was_put_back_is_named(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    reset = succeeded(tasks.reset(at_least=LONGER_WAIT))
    config = lab.connect.config(trial.name)
    lab.connect.request("PUT", f"/connectors/{trial.name}/config", {**config, MAX_WAIT: "200"})
    result = tasks.verify(reset)
    assert not result["recovered"]
    assert f"its setting {MAX_WAIT} has its old value 200 (200 ms) again" in result["message"]
    assert result["waited_seconds"] < 60
