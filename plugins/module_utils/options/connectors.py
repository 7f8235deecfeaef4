# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options about connectors that several modules share: which ones, and the moment of the strategy timestamp."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.options.option import Option

CONNECTORS = Option(
    "connectors", "list", ("Names of the connectors.",), elements="str", required=True, aliases=("connector",)
)
CONNECTORS_OR_ALL = Option(
    "connectors",
    "list",
    ("Names of the connectors. If empty, all connectors of the cluster are read.",),
    elements="str",
    default=[],
    aliases=("connector",),
)
MOST_AT_ONCE = 100
AT_ONCE = Option(
    "at_once",
    "int",
    (
        "How many connectors are changed at the same time, from 1 to 100. Each has its own O(timeout), result and undo.",
        "Connectors that are stopped together share one rebalance of the workers.",
    ),
    default=20,
)
TIMESTAMP = Option(
    "timestamp",
    "str",
    (
        "Moment of the strategy V(timestamp) of M(connectops.recovery.connect_offset_reset).",
        "An ISO 8601 date or time, in UTC unless it names an offset, or epoch seconds.",
        (
            "M(connectops.recovery.connect_offset_reset) continues there; M(connectops.recovery.connect_offsets_facts) adds the"
            " strategy to the remedies that it compares."
        ),
    ),
)
