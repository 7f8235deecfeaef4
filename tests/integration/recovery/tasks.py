# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the modules, run in this process as the action plugins run them, and checks that hold for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import (
    backups_info,
    connect_config,
    offset_reset,
    offsets_facts,
    policy_info,
    recovery_info,
    rollback,
    support_bundle,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_BACKUPS_INFO,
    CONNECT_CONFIG,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
    CONNECT_POLICY_INFO,
    CONNECT_RECOVERY_INFO,
    CONNECT_ROLLBACK,
    CONNECT_SUPPORT_BUNDLE,
)
from lab import Lab, await_condition
from lab.days import MIDNIGHT, start_of_today
from lab.scenarios import (
    CAIRO,
    NEW_YORK,
    PST,
    ZONES,
    initial_load,
    stripe_offset,
    stripe_partition,
    unfinished,
)
from lab.stripe_simulator import Account
from lab.trial import Trial

SPECS = {
    backups_info: CONNECT_BACKUPS_INFO,
    connect_config: CONNECT_CONFIG,
    offset_reset: CONNECT_OFFSET_RESET,
    offsets_facts: CONNECT_OFFSETS_FACTS,
    policy_info: CONNECT_POLICY_INFO,
    recovery_info: CONNECT_RECOVERY_INFO,
    rollback: CONNECT_ROLLBACK,
    support_bundle: CONNECT_SUPPORT_BUNDLE,
}

Result = dict[str, Any]

MAX_WAIT = "stripe.report.max.wait.ms"
# A wait in milliseconds that is too short for slow reports: with a look every 50 ms there are at most 5 within it.
TOO_SHORT_WAIT = 200


def run_task(module: ModuleType, *, check_mode: bool = False, **options: Any) -> Result:
    """What the task returns for these options, which must be valid; a failed task returns too. Facts have all details."""
    if module is offsets_facts:
        options = {"details": "all", **options}
    return perform(module.run, params_of(module, **options), check_mode=check_mode)


def params_of(module: ModuleType, **options: Any) -> dict[str, Any]:
    """The parameters that a task with these options, which must be valid, gets from Ansible."""
    checked = ArgumentSpecValidator(SPECS[module]).validate(options)
    assert not checked.error_messages, checked.error_messages
    params: dict[str, Any] = checked.validated_parameters
    return params


def succeeded(result: Result) -> Result:
    assert not result.get("failed"), result["msg"]
    return result


def failed(result: Result) -> Result:
    """The result of a task that must fail, with one sentence for a person."""
    assert result.get("failed"), result
    message = result["msg"]
    assert message == " ".join(message.split()), "one line"
    assert message.endswith((".", "?")), message
    assert "Traceback" not in message
    return result


def without_backups(result: Result) -> Result:
    """The result of a change of settings without the names of its backups, which a preview has not."""
    connectors = {name: {**one, "backup_file": None} for name, one in result["connectors"].items()}
    return {**result, "connectors": connectors, "next_steps": []}


@dataclass(frozen=True)
class Written:
    """How many records a cluster's topics hold: this shows every write, even one that changes nothing."""

    settings_and_states: int
    offsets: int

    @classmethod
    def now(cls, lab: Lab) -> Written:
        topics = lab.connect.config_topic, lab.connect.offsets_topic
        return cls(*(len(lab.broker.messages(topic)) for topic in topics))


def make_slow(account: Account) -> None:
    """Let reports get ready when a connector has looked at them 12 times, so never for one with TOO_SHORT_WAIT.

    Abandoned ones get ready after 5 seconds.
    """
    account.pending_seconds, account.ready_after_looks = 5.0, 12


class Tasks:
    """The tasks for one connector of a lab. No result may hold one of the connector's API keys."""

    def __init__(self, lab: Lab, trial: Trial, backup_dir: Path) -> None:
        self.lab = lab
        self.trial = trial
        self.backup_dir = backup_dir

    @property
    def options(self) -> dict[str, Any]:
        """What every task is given."""
        security = self.lab.rest_security
        login = {} if security is None else security.module_options
        return {"connect_url": self.lab.connect.urls, "connectors": [self.trial.name], **login}

    @property
    def config_options(self) -> dict[str, Any]:
        return {**self.options, "backup_dir": str(self.backup_dir)}

    @property
    def stripe_options(self) -> dict[str, Any]:
        return {**self.options, "stripe_api_url": self.lab.stripe.url}

    @property
    def reset_options(self) -> dict[str, Any]:
        return {**self.stripe_options, "backup_dir": str(self.backup_dir)}

    @property
    def journals(self) -> list[Path]:
        # What a run that was killed was just writing is no journal, and goes when it is old.
        return list(self.backup_dir.rglob("journal.json"))

    def configure(self, *, check_mode: bool = False, **options: Any) -> Result:
        return self._kept_secret(run_task(connect_config, check_mode=check_mode, **{**self.config_options, **options}))

    def reset(self, *, check_mode: bool = False, **options: Any) -> Result:
        return self._kept_secret(run_task(offset_reset, check_mode=check_mode, **{**self.reset_options, **options}))

    def look(self, **options: Any) -> Result:
        return self._kept_secret(run_task(offsets_facts, **{**self.stripe_options, **options}))

    def verify(self, reset: Result, **options: Any) -> Result:
        """Wait for the recovery after this reset, with a look every second."""
        given = {**self.reset_options, "planned": reset["connectors"], "interval_seconds": 1, **options}
        return self._kept_secret(succeeded(run_task(recovery_info, **given)))

    def roll_back(self, *, check_mode: bool = False, **options: Any) -> Result:
        return self._kept_secret(run_task(rollback, check_mode=check_mode, **{**self.reset_options, **options}))

    def previewed_reset(self, **options: Any) -> Result:
        # The plan of the strategy `current` is one for today.
        start_of_today()
        return self._previewed(self.reset, options)

    def previewed_rollback(self, **options: Any) -> Result:
        return self._previewed(self.roll_back, options)

    def _previewed(self, change: Callable[..., Result], options: Mapping[str, Any]) -> Result:
        """Preview a change, then carry out that plan; the preview writes nothing and shows exactly what is done then."""
        before = Written.now(self.lab)
        preview = succeeded(change(check_mode=True, **options))
        assert Written.now(self.lab) == before
        done = succeeded(change(plan_id=self.of(preview)["plan"]["id"], **options))
        for part in ("changed", "plan", "forecast"):
            assert self.of(preview)[part] == self.of(done)[part]
        for part in ("changed", "preview", "diff"):
            assert preview[part] == done[part]
        assert not self.journals
        return self.of(done)

    def of(self, result: Result) -> Result:
        """The part of the result that is about the connector."""
        about: Result = result["connectors"][self.trial.name]
        return about

    def state(self) -> str:
        state: str = self.lab.connect.status(self.trial.name)["connector"]["state"]
        return state

    def offsets(self) -> dict[str, Any]:
        """The stored offset per timezone, as Connect shows it."""
        entries = self.lab.connect.offsets(self.trial.name)
        return {entry["partition"]["timezone"]: entry["offset"] for entry in entries if entry["offset"] is not None}

    def stored_bytes(self) -> dict[bytes, bytes]:
        """The raw offsets of the connector, read from the topic without Connect."""
        head = f'["{self.trial.name}",'.encode()
        records = self.lab.offset_records(self.lab.connect.offsets_topic)
        return {key: value for key, value in records.items() if key and key.startswith(head) and value is not None}

    def _kept_secret(self, result: Result) -> Result:
        text = json.dumps(result)
        for account in self.trial.accounts.values():
            assert account.key not in text
        return result


# What the connector asked of Stripe


@dataclass(frozen=True)
class Asked:
    """What a task asked of one account since its start: intervals of new report runs, and runs it resumed, in order."""

    intervals: tuple[tuple[int, int], ...]
    resumed: tuple[str, ...]


def asked_since_start(account: Account) -> Asked:
    """What the newest task asked. A task begins by listing one report run; the collection lists many at once."""
    runs = "/v1/reporting/report_runs"
    journal = account.journal
    starts = [
        index
        for index, entry in enumerate(journal)
        if (entry.method, entry.path, entry.params.get("limit")) == ("GET", runs, "1")
    ]
    since = journal[starts[-1] + 1 :] if starts else ()
    intervals = []
    seen: list[str] = []
    posted = {run.id for run in account.runs}
    for entry in since:
        if (entry.method, entry.path) == ("POST", runs):
            start, end = (int(entry.params[f"parameters[interval_{edge}]"]) for edge in ("start", "end"))
            intervals.append((start, end))
        elif entry.method == "GET" and entry.path.startswith(f"{runs}/"):
            run_id = entry.path.rpartition("/")[2]
            if not intervals and run_id in posted and run_id not in seen:
                seen.append(run_id)
    return Asked(tuple(intervals), tuple(seen))


def await_as_announced(trial: Trial, forecast: Mapping[str, Any]) -> None:
    """Wait until the connector has nothing more to do, and check that it asked what the forecast announced."""
    partitions = {one["partition"]["timezone"]: one for one in forecast["partitions"]}

    def asked() -> dict[str, Asked]:
        return {zone: asked_since_start(account) for zone, account in trial.accounts.items()}

    def all_asked() -> bool:
        return sum(len(one.intervals) for one in asked().values()) >= int(forecast["report_runs"])

    await_condition(all_asked, lambda: f"{forecast['report_runs']} report runs; there are {asked()}")
    for zone, one in partitions.items():
        if one["next_request"] is not None:
            trial.await_offset(zone, round_id=forecast["current_round"], processed_in_round=True)
    # A request too many would come with the next polls.
    trial.await_polls(3)
    seen = asked()
    for zone, one in partitions.items():
        first = one["next_request"]
        assert len(seen[zone].intervals) == one["report_runs"], (zone, seen[zone], one)
        if first is None:
            assert seen[zone] == Asked((), ()), (zone, seen[zone])
        elif first["resumed_run"] is not None:
            assert seen[zone].resumed == (first["resumed_run"],), (zone, seen[zone], one)
        else:
            assert seen[zone].intervals[0] == (first["interval_start"], first["interval_end"]), (zone, one)
            assert not seen[zone].resumed
    assert sum(len(one.intervals) for one in seen.values()) == forecast["report_runs"]


# Stuck connectors


def today_in_the_current_round() -> dict[str, Any]:
    """The offset that the strategy ``current`` writes, today: call it at the beginning of a test."""
    return stripe_offset(end=start_of_today(), round_id=MIDNIGHT, processed=False)


def half_delivered(trial: Trial, round_days: int, available_days: int = 0) -> str:
    """Create a connector that has delivered three rows of Cairo's report and then idles; the id of the open run."""
    for zone in (CAIRO, PST):
        trial.account(zone, available=(60, available_days))
    trial.create(
        dict.fromkeys((CAIRO, PST), unfinished(5, round_days)),
        {"batch.size": 3, "in.progress.poll.interval.ms": 600_000, **initial_load(10)},
    )
    trial.await_offset(CAIRO, last_committed_row=2)
    return trial.accounts[CAIRO].runs[0].id


def stuck(
    trial: Trial,
    *,
    end_days: int = 5,
    round_days: int = 4,
    load_days: int | None = 10,
    offsets: Mapping[str, Mapping[str, Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
    state: str = "RUNNING",
    zones: Collection[str] = ZONES,
) -> None:
    """Create the trial's connector as one that waits too briefly for New York's report runs, and so delivers nothing.

    All timezones are unfinished in the round of ``round_days`` ago, unless ``offsets`` says otherwise. Returns when
    a RUNNING one is seen to be stuck: it asked twice for the same.
    """
    for zone in zones:
        if zone not in trial.accounts:
            trial.account(zone)
    if NEW_YORK in zones:
        make_slow(trial.accounts[NEW_YORK])
    loads = {} if load_days is None else initial_load(load_days)
    trial.create(
        dict.fromkeys(zones, unfinished(end_days, round_days)) if offsets is None else offsets,
        {MAX_WAIT: TOO_SHORT_WAIT, "in.progress.poll.interval.ms": 50, **loads, **(settings or {})},
        state,
    )
    if state == "RUNNING":
        trial.await_runs(NEW_YORK, 2)


def partition(zone: str) -> dict[str, str]:
    return stripe_partition(zone)
