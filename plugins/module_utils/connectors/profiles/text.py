# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a connector that is judged by a profile, by commit times or by its consumer group, for a person."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import table
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Verdict


def profile_lines(connector: Connector, profile: str, verdicts: Sequence[Verdict], cluster: str) -> list[str]:
    """A headline with the name of what the connector was judged by, and a line for each verdict."""
    rows = [("partition", "verdict", "committed", "why")]
    for verdict in verdicts:
        rows.append(
            (
                str(verdict.partition) or "-",
                verdict.verdict,
                show_moment(None if verdict.committed_at is None else int(verdict.committed_at)),
                ", ".join(reason.message for reason in verdict.reasons),
            )
        )
    return [headline(connector, cluster, f"judged as {profile}"), "", *table(rows)]
