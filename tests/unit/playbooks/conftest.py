# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve clusters for the tests of a fleet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.simulated_fleet import fleet
from unit.playbooks.fleet_runs import CLUSTERS


@pytest.fixture
def clusters() -> Iterator[list[SimulatedCluster]]:
    """Each has one connector that is stuck and one that is well."""
    found = fleet(CLUSTERS, connectors=2, timezones=1, report_types=1)
    with ConnectServers(found):
        yield found
