# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated fleet is what it says on both sides of a midnight, as tests with it may begin before one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset, offsets_facts
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Operation, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
)
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.days import DAY_SECONDS, MIDNIGHT
from lab.simulated_fleet import fleet

LATE_ON_ITS_DAY = MIDNIGHT + DAY_SECONDS - 60
SOON_AFTER_MIDNIGHT = MIDNIGHT + DAY_SECONDS + 60


def run(
    operation: Operation, spec: dict[str, Any], cluster: SimulatedCluster, now: int, *, preview: bool, **options: Any
) -> dict[str, Any]:
    given = {"connect_url": [cluster.url], "ask_stripe": False, **options}
    checked = ArgumentSpecValidator(spec).validate(given)
    assert not checked.error_messages, checked.error_messages
    return operation(checked.validated_parameters, TaskContext(preview, now)).result


@pytest.mark.parametrize("now", [LATE_ON_ITS_DAY, SOON_AFTER_MIDNIGHT])
def test_what_is_well_is_ok_and_what_is_stuck_is_well_after_its_reset(tmp_path: Path, now: int) -> None:
    (cluster,) = clusters = fleet(1, connectors=2, timezones=2, report_types=1)

    def verdicts() -> list[str]:
        facts = run(offsets_facts.run, CONNECT_OFFSETS_FACTS, cluster, now, preview=True, details="all")
        found = facts["ansible_facts"]["connectops_offsets"]["connectors"]
        return [found[name]["verdict"] for name in ("stripe-00", "stripe-01")]

    with ConnectServers(clusters):
        assert verdicts() == ["stuck", "ok"]
        reset = {"connectors": ["stripe-00"], "strategy": "continue", "backup_dir": str(tmp_path)}
        # The plan is made before midnight.
        planned = run(offset_reset.run, CONNECT_OFFSET_RESET, cluster, LATE_ON_ITS_DAY, preview=True, **reset)
        agreed = planned["connectors"]["stripe-00"]["plan"]["id"]
        run(offset_reset.run, CONNECT_OFFSET_RESET, cluster, now, preview=False, plan_id=agreed, **reset)
        assert verdicts() == ["ok", "ok"]
