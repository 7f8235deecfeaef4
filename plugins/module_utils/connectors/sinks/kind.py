# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sink connectors as a kind: judged by the lag of their consumer group. Their offsets are never written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import (
    ConnectorKind,
    Data,
    Decision,
    Judgement,
    Read,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.judge import judge_sink
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import raw_plan_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits


class Sinks(ConnectorKind[Read]):
    name = "sink"
    recovers = False
    default_floors: ClassVar[Mapping[str, str]] = {}
    settings = frozenset({"consumer.override.group.id", "topics", "topics.regex"})

    @classmethod
    def read(cls, params: Mapping[str, Any], shared: Sharing) -> Sinks:
        return cls()

    def fits(self, connector: Connector) -> bool:
        return connector.type == "sink"

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def read_outside(self, read: Read) -> Read:
        return read

    def judge(self, situation: Read, limits: Limits, requests: Sequence[ResetRequest]) -> Judgement:
        return Judgement(judge_sink(situation.connector, situation.positions, limits, situation.now))

    def state_lines(self, facts: Data) -> list[str]:
        return verdict_lines(facts["verdicts"])

    def remark(self, facts: Data) -> str:
        return f"judged as {facts['profile']}"

    def decide(self, situation: Read, request: ResetRequest) -> Decision:
        """No targets: a plan for a sink cannot hold an offset. A request for one has already been refused
        (``operations/plan.py``).
        """
        return Decision({})

    def plan_lines(self, plan: Data, forecast: Data | None, config: Mapping[str, str]) -> list[str]:
        return raw_plan_lines(plan)
