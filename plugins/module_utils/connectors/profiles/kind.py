# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source connectors without a kind in code: judged by a user's profile, or by commit times alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import (
    ConnectorKind,
    Data,
    Decision,
    Judgement,
    Read,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import (
    judge_by_profile,
    time_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    GENERIC,
    Profile,
    choose_profile,
    read_profiles,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import raw_plan_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits


@dataclass(frozen=True)
class Profiles(ConnectorKind[Read]):
    """Every source connector that no other kind fits; ``profiles`` are the user's."""

    profiles: Sequence[Profile] = ()

    name = GENERIC.name
    recovers = False
    default_floors: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def read(cls, params: Mapping[str, Any], shared: Sharing) -> Profiles:
        return cls(read_profiles(params.get("profiles") or ()))

    @property
    def settings(self) -> frozenset[str]:
        return frozenset[str]().union(*(profile.setting_names for profile in self.profiles))

    def fits(self, connector: Connector) -> bool:
        return True

    def profile_of(self, connector: Connector) -> str:
        return (choose_profile(self.profiles, connector) or GENERIC).name

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def read_outside(self, read: Read) -> Read:
        return read

    def delivery(self, connector: Connector) -> Delivery:
        return (choose_profile(self.profiles, connector) or GENERIC).delivery

    def delivered_to(self, connector: Connector, offset: Offset) -> int | None:
        profile = choose_profile(self.profiles, connector)
        moment = None if profile is None else time_of(profile.time, offset)[0]
        return None if moment is None else int(moment)

    def judge(self, situation: Read, limits: Limits, requests: Sequence[ResetRequest]) -> Judgement:
        profile = choose_profile(self.profiles, situation.connector)
        return Judgement(judge_by_profile(situation.connector, profile, limits, situation.now))

    def state_lines(self, facts: Data) -> list[str]:
        return verdict_lines(facts["verdicts"])

    def remark(self, facts: Data) -> str:
        return f"judged as {facts['profile']}"

    def decide(self, situation: Read, request: ResetRequest) -> Decision:
        return Decision(generic_targets(situation.connector, request))

    def plan_lines(self, plan: Data, forecast: Data | None, config: Mapping[str, str]) -> list[str]:
        return raw_plan_lines(plan)
