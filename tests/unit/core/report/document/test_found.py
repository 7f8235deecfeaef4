# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a run has left of a cluster says that nothing failed: only then may the run end without looking again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found


def reset(**of_connector: Any) -> dict[str, Any]:
    return {"connectors": {"bills": {"plan": {"final_state": "RUNNING"}}, "orders": of_connector}}


@pytest.mark.parametrize(
    "left",
    [
        {},
        {"offsets": {"left_stopped": [], "stuck": ["orders"]}},
        {"planned": reset(plan={"final_state": "RUNNING"}), "verified": {"skipped": True}},
        {"changed": reset(plan=None), "verified": {"recovered": True}},
        {"changed": {"skipped": True}},
    ],
)
def test_a_cluster_in_which_nothing_failed_is_plainly_healthy(left: dict[str, Any]) -> None:
    assert Found("eu", **left).is_plainly_healthy


@pytest.mark.parametrize(
    "left",
    [
        {"problem": "Not reached."},
        {"stuck_after_resume": ("orders",)},
        {"offsets": {"left_stopped": ["orders"]}},
        {"planned": reset(failed=True, msg="No.")},
        {"changed": reset(failed=False)},
        {"changed": reset(plan={"final_state": "STOPPED"}), "verified": {"recovered": True}},
        {"changed": reset(plan=None), "verified": {"recovered": False}},
        {"changed": reset(plan=None), "verified": {"recovered": None}},
    ],
)
def test_a_cluster_in_which_something_may_have_failed_is_not(left: dict[str, Any]) -> None:
    assert not Found("eu", **left).is_plainly_healthy
