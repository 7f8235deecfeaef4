# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs to report on: recorded on the lab, and what may go wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import report_of_kind
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import CHECKPOINT_STATUSES
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OUTCOMES
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import SETTINGS_FOUND
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import Playbook, RunReport
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.run import run_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import PLAN_STRATEGIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import STATES
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS

# A look, a plan, a reset, a verification and a rollback of one stuck connector with three timezones.
_RECORDED = json.loads(Path(__file__).with_name("recorded_run.json").read_text(encoding="utf-8"))
NAME = "stripe-reporting-source-connector"
WAIT = "stripe.report.max.wait.ms"
HOUR, DAY = 3600, 86_400
NOT_REACHED = "Kafka Connect cannot be reached at http://connect-2:8083: connection refused."
# Markup in the languages of all the files.
HOSTILE = '<script>alert(1)</script> </title> "x" | [a](b) `c` # {{ 7 * 7 }} &amp;'


def recorded(step: str) -> dict[str, Any]:
    """A copy of what one task has returned: offsets, planned, changed, verified or rolled_back."""
    found: dict[str, Any] = deepcopy(_RECORDED[step])
    return found


MADE_AT: int = _RECORDED["verified"]["ended_at"] + 1


def recovered(label: str = "connect-1", **others: Any) -> Found:
    steps = {step: recorded(step) for step in ("offsets", "planned", "changed", "verified")}
    return Found(label, **{**steps, **others})


def with_connector(result: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """The result with other values in the part about the connector."""
    return {**result, "connectors": {NAME: {**result["connectors"][NAME], **changed}}}


def report(*clusters: Found, playbook: Playbook = "recover", is_preview: bool = False) -> RunReport:
    return run_report(playbook, clusters, report_of_kind, made_at=MADE_AT, run_by="user@host", is_preview=is_preview)


def previewed() -> RunReport:
    planned = recorded("planned")
    return report(Found("connect-1", offsets=recorded("offsets"), planned=planned, changed=planned), is_preview=True)


def identified() -> RunReport:
    return report(Found("connect-1", offsets=recorded("offsets")), playbook="identify")


def rolled_back() -> RunReport:
    result = recorded("rolled_back")
    return report(Found("connect-1", planned=result, changed=result), playbook="rollback")


def soaked() -> RunReport:
    """A day later: every step is done, and the samples show how far each timezone was."""
    changed_at = MADE_AT - 25 * HOUR
    before, day = 1_794_614_400, 1_795_651_200
    verified = recorded("verified")
    partitions = [one["partition"] for one in verified["connectors"][NAME]["partitions"]]
    # New York is late at one look.
    late = {1: before + 3 * DAY}
    verified = with_connector(
        verified,
        change={
            "backup_file": "/b.json",
            "plan_id": "1",
            "made_by": "ann@host",
            "taken_at": changed_at,
            "returned_at": changed_at + 9,
        },
        soak={"complete": True, "message": "Good since 2026-11-25 12:00Z, seen in 7 samples: complete."},
        history=[
            {
                "partition": one,
                "points": [[changed_at, before, None]]
                + [
                    [changed_at + look * 4 * HOUR, late.get(look, day - DAY) if number == 1 else day - DAY, day - DAY]
                    for look in range(1, 6)
                ]
                + [[MADE_AT, day, day]],
            }
            for number, one in enumerate(partitions)
        ],
    )
    prevented = {"connectors": {NAME: {"class": "stripe_reporting", "severity": None, "deviations": []}}}
    return report(Found("connect-1", verified=verified, prevented=prevented), playbook="verify")


# Words of closed sets, which nobody outside can choose.
KNOWN_WORDS = {*VERDICTS, *OUTCOMES, *STATES, *PLAN_STRATEGIES, *SETTINGS_FOUND, *CHECKPOINT_STATUSES, "proven"}


def fleet() -> RunReport:
    stuck = Found("connect-3", offsets=recorded("offsets"))
    return report(recovered(), Found("connect-2", problem=NOT_REACHED), stuck)


def hostile() -> RunReport:
    """Every text that comes from outside is markup."""

    def spoiled(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {HOSTILE if key == NAME else key: spoiled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [spoiled(one) for one in value]
        return HOSTILE if isinstance(value, str) and value not in KNOWN_WORDS else value

    steps = {step: spoiled(recorded(step)) for step in ("offsets", "planned", "changed", "verified")}
    return report(Found(HOSTILE, problem=HOSTILE, stuck_after_resume=(HOSTILE,), **steps), Found("connect-2"))


def long_names() -> RunReport:
    """Names and messages that no line can hold, and many partitions of which some have no data."""
    long = "a" * 200
    offsets = recorded("offsets")
    verdicts = offsets["connectors"][NAME]["verdicts"]
    verdicts += [
        {**verdicts[2], "partition": {"timezone": f"zone-{number}-{long}", "report_type": "balance.summary.1"}}
        for number in range(30)
    ]
    changed, verified = recorded("changed"), recorded("verified")
    changed["connectors"][NAME]["backup_file"] = f"/{long}/{long}.json"
    for result in (offsets, changed, verified):
        result["connectors"][f"connector-{long}"] = result["connectors"].pop(NAME)
    found = Found(f"cluster-{long}", offsets=offsets, changed=changed, verified=verified, problem=long)
    return report(found)


REPORTS = {
    "long_names": long_names,
    "recovered": lambda: report(recovered()),
    "previewed": previewed,
    "identified": identified,
    "rolled_back": rolled_back,
    "soaked": soaked,
    "fleet": fleet,
    "hostile": hostile,
}
