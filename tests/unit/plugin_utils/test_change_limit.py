# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many connectors a run may change: counted over all of its clusters, and refused before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.selection import limit_problem
from lab.ansible_runs import run_playbook
from lab.connect_servers import ConnectServers
from lab.simulated_fleet import fleet, write_inventory

CLUSTERS = {"eu-1": ["a", "b"], "eu-2": ["a"], "us-1": ["a", "b", "c"], "us-2": [], "us-3": ["a", "b"]}


@pytest.mark.parametrize("most", [8, 100])
def test_as_many_as_allowed_are_no_problem(most: int) -> None:
    assert limit_problem(CLUSTERS, most) is None


def test_one_too_many_is_refused_with_the_number_and_the_clusters_that_have_most() -> None:
    assert limit_problem(CLUSTERS, 7) == (
        "This run may change 8 connectors of 4 clusters, and connectops_max_changes allows 7: nothing was changed. Most are in"
        " us-1 (3), eu-1 (2), us-3 (2). Limit the run to some clusters (--limit), or set connectops_max_changes to 8 if that many"
        " are meant."
    )


def test_nothing_to_change_is_within_every_limit() -> None:
    assert limit_problem({"eu-1": []}, 0) is None


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["apply", "plan"])
def test_a_run_over_clusters_of_which_each_is_within_the_limit_is_refused_as_a_whole(
    tmp_path: Path, arguments: list[str]
) -> None:
    """Also in batches of one cluster: all are counted before the first batch."""
    with ConnectServers(fleet(3, connectors=2, timezones=1, report_types=1)) as servers:
        inventory = write_inventory(list(servers.clusters), tmp_path)
        done = run_playbook("recover", inventory, ["-e", "connectops_max_changes=2", *arguments])
        assert {method for one in servers.clusters for method, _path in one.calls} == {"GET"}
    assert done.returncode == 2
    words = " ".join(done.stdout.split())
    assert (
        "This run may change 3 connectors of 3 clusters, and connectops_max_changes allows 2: nothing was changed."
        in words
    )
