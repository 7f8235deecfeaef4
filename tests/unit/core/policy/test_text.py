# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check of a policy tells a person: the worst first, with what would fix it, and what was not looked at."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import Checked, Deviation, Fix
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.text import policy_lines


def deviation(message: str, severity: str, fix: Fix | None = None) -> Deviation:
    return Deviation("r", "s", None, "w", severity, message, fix=fix)  # type: ignore[arg-type]


def test_every_connector_is_told_with_the_worst_first_and_the_cluster_at_the_end() -> None:
    bad = Checked(
        "orders",
        "stripe_reporting",
        (
            deviation("a is odd", "warning", Fix("config", "a", None)),
            deviation("b is low", "error", Fix("at_least", "b.ms", 3_600_000)),
            deviation("c is off", "error", Fix("config", "c", "on")),
            deviation("d is not known", "unknown"),
        ),
        ("its topics may not be read",),
    )
    good = Checked("items", "sinks", ())
    lines = policy_lines("eu", [bad, good], {"sinks": ["items"], "profiles": []}, ["mirror"])
    assert lines == [
        "eu  orders  stripe_reporting  4 deviations",
        "  error: b is low.",
        "    fix: raise it to 3600000 (60 min)",
        "  error: c is off.",
        "    fix: set it to on",
        "  unknown: d is not known.",
        "  warning: a is odd.",
        "    fix: remove it",
        "  not looked at: its topics may not be read",
        "",
        "eu  items  sinks  complies with the policy",
        "",
        "eu: no connector is of the class profiles.",
        "eu: not checked, because no class of the policy fits: mirror.",
        "eu: 2 connectors checked, 1 deviates from the policy.",
    ]
