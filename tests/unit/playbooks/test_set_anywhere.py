# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of a run on a fleet, wherever they are set: for hosts, for a play, on the command line, or blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab.connect_servers import SimulatedCluster
from lab.simulated_fleet import write_inventory
from unit.playbooks.fleet_runs import changed, recap, run, run_imported

pytestmark = pytest.mark.slow_file


@pytest.mark.parametrize("set_for", ["hosts", "play"])
def test_a_verdict_that_was_asked_about_fails_wherever_that_was_set(
    tmp_path: Path, clusters: list[SimulatedCluster], set_for: str
) -> None:
    clusters[1].connectors["stripe-00"].offsets = clusters[1].connectors["stripe-01"].offsets
    of_hosts, of_play = ({"identify_fail_on": "stuck"} if set_for == one else {} for one in ("hosts", "play"))
    inventory = write_inventory(clusters[:2], tmp_path, of_hosts)
    status, output = run_imported(tmp_path, inventory, "identify", of_play)
    assert status == 2, output
    assert [recap(output, one.label)["failed"] for one in clusters[:2]] == [1, 0]
    assert "the verdict is stuck or worse (identify_fail_on)" in " ".join(output.split())


def test_a_blank_for_a_role_replaces_nothing_that_the_playbook_gives_to_it(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    blanks = dict.fromkeys(("reset_plan_ids", "reset_agreed_plans", "reset_connectors", "verify_connectors"), "")
    agreed = {"cluster-001": {"stripe-00": "0123456789ab"}}
    status, output = run(tmp_path, clusters[:1], "recover", **blanks, connectops_plan_ids=agreed)
    assert status == 2, output
    assert changed(clusters) == []
    assert "The plan 0123456789ab does not fit" in " ".join(output.split())
    # The mistake in the variables of another cluster is its own.
    stay = "{{ '' if inventory_hostname == 'cluster-001' else not_there }}"
    status, output = run(tmp_path, clusters[:2], "recover", **blanks, connectops_stay_stopped=stay)
    assert status == 2, output
    assert changed(clusters) == ["cluster-001"]
    assert "Recovered: stripe-00." in output
    assert "The variable connectops_stay_stopped cannot be read ('not_there' is undefined)" in " ".join(
        output.replace("''", "'").split()
    )
    assert [recap(output, label)["failed"] for label in ("cluster-001", "cluster-002")] == [0, 1]


@pytest.mark.parametrize(
    "given, raises",
    [
        ({}, True),
        ({"connectops_at_least": {}}, False),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": True}, True),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": "yes"}, True),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": " "}, False),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": None}, False),
    ],
)
def test_default_floors_are_raised_unless_others_are_named_without_them(
    tmp_path: Path, clusters: list[SimulatedCluster], given: dict[str, Any], *, raises: bool
) -> None:
    """Set for the host, where a variable of a task would count before it."""
    status, output = run(tmp_path, clusters[:1], "recover", "--check", of_hosts={"cluster-001": given})
    assert status == 0, output
    assert ("stripe.report.max.wait.ms" in output.partition("PLAY [Recover")[2]) is raises


@pytest.mark.parametrize("value, verifies", [([], False), ("[ ]", False), (" ", True), (None, True)])
def test_an_empty_list_of_connectors_to_verify_means_none(
    tmp_path: Path, clusters: list[SimulatedCluster], value: Any, *, verifies: bool
) -> None:
    status, output = run(tmp_path, clusters[:1], "recover", verify_connectors=value)
    assert status == 0, output
    assert changed(clusters) == ["cluster-001"]
    assert ("Recovered: stripe-00." in output) is verifies


def test_named_connectors_are_the_only_ones_that_are_looked_at(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    status, output = run(
        tmp_path, clusters[:1], "identify", connectops_connectors="stripe-01", identify_fail_on="stuck"
    )
    assert status == 0, output
    assert "stripe-01" in output
    assert "stripe-00" not in output


@pytest.mark.core_matrix
def test_what_the_vars_of_import_playbook_set_holds_for_the_whole_run(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    quick = {"verify_interval_seconds": 1, "verify_timeout_seconds": 60}
    inventory = write_inventory(clusters[:2], tmp_path, quick)
    status, output = run_imported(tmp_path, inventory, "recover", {"connectops_mode": "plan"})
    assert status == 0, output
    assert "2 clusters: 2 planned." in output
    # The value may differ from cluster to cluster. One of the two connectors is not stuck, and is changed as it is named. What
    # the inventory sets may refer to what the play sets, which counts more than the same of the inventory.
    named = "stripe-0{{ others if inventory_hostname == 'cluster-002' else 0 }}"
    write_inventory(clusters[:2], tmp_path, {**quick, "connectops_connectors": named, "others": 0})
    given = {"others": 1, "reset_strategy": "current", "connectops_mode": "apply"}
    status, output = run_imported(tmp_path, inventory, "recover", given)
    assert status == 0, output
    assert "2 clusters: 2 recovered." in output
    assert changed(clusters) == ["cluster-001", "cluster-002"]
    write_inventory(clusters[:2], tmp_path, quick)
    of_rollback = {**given, "connectops_connectors": named, "rollback_allow_moved_offsets": True}
    status, output = run_imported(tmp_path, inventory, "rollback", of_rollback, "--check")
    assert status == 0, output
    assert "2 clusters: 2 planned." in output
    status, output = run_imported(tmp_path, inventory, "recover", {"connectops_connect_url": clusters[0].url})
    assert status == 2, output
    assert "cluster-001 and cluster-002 are the same Connect cluster" in " ".join(output.split())
