# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown while a plan is carried out."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps


def test_a_line_for_each_step() -> None:
    assert [
        steps.backed_up("orders", 3, "/b/orders.json"),
        steps.if_killed("orders", "RUNNING", 1_795_414_020),
        steps.stopped("orders"),
        steps.written("orders", 1, 3),
        steps.written("orders", 0, 1),
        steps.returned("orders", "RUNNING"),
        steps.returned("orders", "STOPPED"),
    ] == [
        "orders: backed up 3 offsets to /b/orders.json",
        (
            "orders: stopping; if this run is killed, run it again without a plan id: that returns the connector to RUNNING "
            "(from another machine only after 06:07Z)"
        ),
        "orders: STOPPED, its tasks have ended",
        "orders: 1 setting and 3 offsets written and read back",
        "orders: 1 offset written and read back",
        "orders: RUNNING again",
        "orders: left STOPPED",
    ]
