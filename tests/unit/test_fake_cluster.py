# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client and the tests' cluster in memory have the methods of the protocol, with the same arguments and results."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import (
    ConnectClient,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from unit.fake_cluster import FakeCluster

OPERATIONS = Path(__file__).parents[2] / "plugins/module_utils/operations"
METHODS = {name: member for name, member in vars(Cluster).items() if inspect.isfunction(member) and name[0] != "_"}


def test_the_protocol_is_found() -> None:
    assert {"stop", "alter_offsets"} < set(METHODS)


@pytest.mark.parametrize("cluster", [ConnectClient, FakeCluster], ids=["client", "fake"])
@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_called_as_the_protocol_says(cluster: Any, name: str) -> None:
    assert inspect.signature(getattr(cluster, name)) == inspect.signature(METHODS[name])


def test_only_tasks_make_a_client() -> None:
    users = [file for file in OPERATIONS.rglob("*.py") if "ConnectClient" in file.read_text(encoding="utf-8")]
    assert users
    assert {file.parent for file in users} == {OPERATIONS / "tasks"}
