# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page docs/outputs.md: what a person sees, made by the tasks on a cluster in memory.

``python -m unit.outputs`` writes the page again.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offsets_facts import (
    FACT,
    read_facts,
    run,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.recovery_info import (
    wait_for_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
    CONNECT_RECOVERY_INFO,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.typed_names import in_typed_names, typed_names
from unit.connectors.stripe_reporting.cases import CAIRO, NEW_YORK, NOW, PST, connector, offset, partition
from unit.fake_cluster import FakeCluster, FakeConnector

PAGE = Path(__file__).parents[2] / "docs" / "outputs.md"
ZONES = (CAIRO, NEW_YORK, PST)
STUCK, WELL = offset("2026-11-11", "2026-11-12"), offset("2026-11-23", "2026-11-23", done=True)
NAME = "stripe-reports"
# The folder of the backups of the tasks that are run here.
_SHOWN_FOLDER = "/var/lib/connectops"
# The discard port: nothing listens there.
_NOBODY = "http://127.0.0.1:9"
_LOG = f"""\
[2026-11-23 05:00:00,000] INFO [{NAME}|task-0] Current round ID: 1794441600 (c.StripeSourceTask:95)
[2026-11-23 05:00:05,000] INFO [{NAME}|task-0] Generated 44 SourceRecords for report type: balance.summary.1 and timezone: \
Africa/Cairo (report run: frr_1) (c.StripeSourceTask:95)
[2026-11-23 05:05:06,000] ERROR [{NAME}|task-0] Error while polling (c.StripeSourceTask:95)
java.lang.RuntimeException: Report run frr_2 did not complete within 300000 ms
"""


def parameters(spec: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    given = {"connect_url": ["http://connect-1:8083"], "cluster_label": "connect-1", "ask_stripe": False, **options}
    checked = ArgumentSpecValidator(spec).validate(given)
    assert not checked.error_messages, checked.error_messages
    found: dict[str, Any] = checked.validated_parameters
    return found


def sentence_of(error: RecoveryError, *options: str) -> list[str]:
    """The sentence with the playbooks' variables in place of the options, in lines; Ansible prints it in one."""
    sentence = error.sentence.replace(_NOBODY, "http://connect-1:8083")
    return wrapped(in_typed_names(sentence, typed_names("reset", options, {})), "")


def unreachable() -> list[str]:
    """A look at a cluster of which no worker listens."""
    try:
        run(parameters(CONNECT_OFFSETS_FACTS, {"connect_url": [_NOBODY]}), TaskContext(True, NOW))
    except RecoveryError as error:
        return sentence_of(error, "connect_url")
    raise AssertionError(f"somebody listens at {_NOBODY}")


@dataclass
class Runs:
    """Runs of the tasks, one after the other, on one cluster; ``folder`` is theirs."""

    folder: Path
    stored: Mapping[str, Any]
    state: str = "RUNNING"
    cluster: FakeCluster = field(init=False)

    def __post_init__(self) -> None:
        of = connector(dict.fromkeys(ZONES, self.stored), **{"stripe.report.max.wait.ms": "300000"})
        offsets: dict[Any, Offset | None] = {one.partition: one.offset for one in of.offsets}
        self.cluster = FakeCluster(FakeConnector(NAME, dict(of.config), offsets, self.state))

    def _parameters(self, spec: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        return parameters(spec, {"backup_dir": str(self.folder), **options})

    def _context(self, said: list[str], *, check_mode: bool) -> TaskContext:
        now = NOW + self.cluster.seconds
        return TaskContext(check_mode, now, said.append, self.cluster.sleep, lambda: self.cluster.seconds)

    def identify(self, **options: Any) -> list[str]:
        given = self._parameters(CONNECT_OFFSETS_FACTS, options)
        _views, outcome = read_facts(self.cluster, given, self._context([], check_mode=True))
        preview: list[str] = outcome.result["ansible_facts"][FACT]["preview"]
        return preview

    def reset(self, *, check_mode: bool = False, **options: Any) -> tuple[list[str], dict[str, Any]]:
        """The lines that a person sees, and the result."""
        said: list[str] = []
        given = self._parameters(CONNECT_OFFSET_RESET, {"connectors": [NAME], "at_once": 1, **options})
        try:
            result = reset(self.cluster, given, self._context(said, check_mode=check_mode)).result
        except RecoveryError as error:
            return sentence_of(error, "allow_gap"), error.facts
        return [*(result["preview"] if check_mode else [*said, ""]), *result["next_steps"]], result

    def verify(self, planned: Mapping[str, Any]) -> list[str]:
        said: list[str] = []
        given = self._parameters(CONNECT_RECOVERY_INFO, {"connectors": [NAME], "planned": planned})
        context = self._context(said, check_mode=False)
        seconds = 0.0

        def sleep(pause: float) -> None:
            nonlocal seconds
            self.cluster.sleep(pause)
            seconds += pause
            for number, zone in enumerate(ZONES):
                if seconds >= 20 * (number + 1):
                    self.cluster.store(NAME, {partition(zone): WELL})

        context = TaskContext(False, context.now, said.append, sleep, context.clock)
        result = wait_for_recovery(self.cluster, given, context).result
        return [*said, "", *result["preview"], result["message"]]


def outputs(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """By heading: a sentence about it, and the lines."""
    log = folder / "connect.log"
    log.write_text(_LOG, encoding="utf-8")
    plans = Runs(folder / "plans", STUCK)
    changed = Runs(folder / "changed", STUCK)
    floors = {"stripe.report.max.wait.ms": "60m"}
    change_lines, result = changed.reset(strategy="continue", at_least=floors)
    return {
        "All is well": ("`identify`, and nothing has to be done:", Runs(folder / "well", WELL).identify()),
        "Stuck": (
            (
                "`identify` without keys for Stripe and without logs: it is certain that the connector is stuck, but not which"
                " partition blocks it."
            ),
            Runs(folder / "stuck", STUCK).identify(),
        ),
        "Blocked": (
            "`identify` with the workers' log, which names the partition at which the polls fail:",
            Runs(folder / "blocked", STUCK).identify(worker_logs=[str(log)]),
        ),
        "Stopped": (
            (
                "`identify` for a connector that is STOPPED: no partition is blamed, and the output says what happens after a"
                " resume."
            ),
            Runs(folder / "stopped", STUCK, "STOPPED").identify(),
        ),
        "Unreachable": ("`identify` where no worker answers:", unreachable()),
        "A plan": (
            "`recover --check` with the default strategy. The last lines carry out exactly this plan:",
            plans.reset(check_mode=True, strategy="continue", at_least=floors)[0],
        ),
        "A plan that skips data": (
            "`recover --check` with the strategy `current`. What it costs comes first:",
            plans.reset(check_mode=True, strategy="current")[0],
        ),
        "A refused gap": (
            (
                "The strategy `timestamp` with a time after the end of the delivered data, without `reset_allow_gap`. Nothing is"
                " stopped:"
            ),
            plans.reset(strategy="timestamp", timestamp="2026-11-20")[0],
        ),
        "A change": ("`recover`, step by step. The last lines take the change back:", change_lines),
        "A verification": (
            "`recover` goes on until every partition has a commit of the connector's own:",
            changed.verify(result["connectors"]),
        ),
    }


def page() -> str:
    """The text of the page."""
    text = (
        "# What you see\n\nWhat the playbooks print about a connector of `connect-1`, a host of the inventory. It fits 80"
        " columns, except lines\nthat are printed during a run, and paths.\n"
    )
    with tempfile.TemporaryDirectory() as name:
        for heading, (sentence, lines) in outputs(Path(name)).items():
            shown = "\n".join(lines).strip("\n")
            for folder in sorted(Path(name).iterdir()):
                shown = shown.replace(str(folder), _SHOWN_FOLDER)
            # How many calls were made until then is of no account.
            shown = re.sub(r"(\d{8}T\d{6})\.\d{6}Z", r"\1.000000Z", shown)
            text += f"\n## {heading}\n\n{sentence}\n\n```\n{shown}\n```\n"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
