# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client of Stripe: what its accounts say about report types and report runs. It only reads."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Look
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
    RunStatus,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import STRIPE_URL
from ansible_collections.connectops.recovery.plugins.module_utils.stripe.asking import Questions, StripeFailed, Turn

if TYPE_CHECKING:
    import stripe
    from stripe.reporting import ReportRun as StripeRun

_READ_TIMEOUT_SECONDS = 20
_MOST_ACCOUNTS_AT_ONCE = 8
_HISTORY_SECONDS = 14 * DAY_SECONDS
_MOST_RUNS = 300
_RUNS_PER_PAGE = 100


@dataclass(frozen=True)
class StripeFacts:
    """What Stripe says about one partition: where its data begins and ends (epoch seconds), and about its open run, if any.

    ``run_status`` is that of the open run, ``lost`` where Stripe does not know the run, ``file_lost`` where only its file is
    gone, and ``unknown`` where there is none or Stripe could not be asked; ``run_created`` is epoch seconds, ``run_error``
    Stripe's text on a failed run. ``problem`` is one sentence, without its full stop, where Stripe could not be asked;
    nothing else is known then. ``refused``: Stripe refuses the key.
    """

    available_to: int | None = None
    available_start: int | None = None
    run_status: RunStatus = "unknown"
    run_created: int | None = None
    run_error: str | None = None
    problem: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class StripeAnswer:
    """What the accounts say about every partition, and the report runs by timezone, where they could be listed.

    ``problems``: one sentence, without its full stop, for each account whose report runs could not be listed.
    """

    by_partition: Mapping[ReportPartition, StripeFacts]
    histories: Mapping[str, RunHistory] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def ask_stripe(
    keys: Mapping[str, str],
    open_runs: Mapping[ReportPartition, str | None],
    now: float,
    look: Look,
    api_url: str = STRIPE_URL,
) -> StripeAnswer:
    """Ask about every partition of ``open_runs``, whose values are the ids of the open runs, None where there is none.

    ``keys``: timezone to API key; ``now`` is epoch seconds. The accounts are asked in parallel. When one cannot be asked,
    its partitions carry the problem and the others are still read. Questions to each account: one list of the report runs of
    the last 14 days, of which those of its report types are kept, one for each partition, one for each older open run, and one
    for the file of each open run that succeeded. What ``look`` knows already is not asked again.
    """
    import stripe

    # With telemetry the library writes an id to the home folder of the user.
    stripe.enable_telemetry = False
    # The library ships CA certificates, but a proxy that terminates TLS needs other ones.
    stripe.ca_bundle_path = os.environ.get("REQUESTS_CA_BUNDLE") or stripe.ca_bundle_path
    # It keeps one connection for each thread, which accounts asked one after the other share.
    http_client = stripe.RequestsClient(timeout=_READ_TIMEOUT_SECONDS)
    by_timezone: dict[str, dict[ReportPartition, str | None]] = {}
    for partition, run_id in open_runs.items():
        by_timezone.setdefault(partition.timezone, {})[partition] = run_id

    def ask(timezone: str) -> StripeAnswer:
        partitions = by_timezone[timezone]
        if timezone not in keys:
            problem = f"no API key is known for the timezone {timezone}"
            return StripeAnswer(dict.fromkeys(partitions, StripeFacts(problem=problem)))
        client = stripe.StripeClient(
            keys[timezone],
            base_addresses={"api": api_url},
            http_client=http_client,
            # The library does not repeat requests after 429 and does not know the time limit of a look, so Questions repeats
            # them.
            max_network_retries=0,
        )
        questions = Questions(look, api_url, keys[timezone])
        return _Account(client, timezone, questions).ask(partitions, int(now) - _HISTORY_SECONDS)

    with ThreadPoolExecutor(max_workers=_MOST_ACCOUNTS_AT_ONCE) as pool:
        answers = list(pool.map(ask, by_timezone))
    return StripeAnswer(
        {partition: facts for answer in answers for partition, facts in answer.by_partition.items()},
        {timezone: history for answer in answers for timezone, history in answer.histories.items()},
        tuple(problem for answer in answers for problem in answer.problems),
    )


@dataclass(frozen=True)
class _Account:
    """The Stripe account of one timezone."""

    client: stripe.StripeClient
    timezone: str
    questions: Questions

    def ask(self, partitions: Mapping[ReportPartition, str | None], since: int) -> StripeAnswer:
        """``since``: epoch seconds; report runs created from then on are listed."""
        try:
            history = self._history({partition.report_type for partition in partitions}, since)
        except StripeFailed as failure:
            if failure.is_of_all:
                return StripeAnswer(dict.fromkeys(partitions, self._problem(f"the timezone {self.timezone}", failure)))
            by_partition = {
                partition: self._of_partition(partition, run_id, {}) for partition, run_id in partitions.items()
            }
            if failure.is_refusal:
                by_partition = {partition: replace(facts, refused=True) for partition, facts in by_partition.items()}
            problem = f"Stripe does not list the report runs of the timezone {self.timezone}: {failure.text}"
            return StripeAnswer(by_partition, problems=(problem,))
        known = {run.id: run for run in history.runs}
        by_partition = {
            partition: self._of_partition(partition, run_id, known) for partition, run_id in partitions.items()
        }
        return StripeAnswer(by_partition, {self.timezone: history})

    def _history(self, report_types: Collection[str], since: int) -> RunHistory:
        def ask(turn: Turn) -> dict[str, Any]:
            turn()
            page = self.client.v1.reporting.report_runs.list({"limit": _RUNS_PER_PAGE, "created": {"gte": since}})
            newest = list(page.data)
            while page.has_more and len(newest) < _MOST_RUNS:
                turn()
                page = page.next_page()
                newest += page.data
            # More runs may have been created in the same second as the oldest one.
            complete_since = newest[-1].created + 1 if page.has_more else since
            runs = (self._run(one) for one in newest)
            return {"complete_since": complete_since, "runs": [asdict(run) for run in runs if run is not None]}

        found = self.questions.answer("the newest report runs", "report_runs", ask)
        runs = (ReportRun(**run) for run in found["runs"])
        return RunHistory(tuple(run for run in runs if run.report_type in report_types), found["complete_since"])

    def _of_partition(
        self, partition: ReportPartition, run_id: str | None, known: Mapping[str, ReportRun]
    ) -> StripeFacts:
        try:
            facts = self._available(partition.report_type)
            if not run_id:
                return facts
            run = known[run_id] if run_id in known else self._open_run(run_id)
            if run is None:
                return replace(facts, run_status="lost")
            is_lost = run.file_url is not None and self._is_gone(run.file_url)
        except StripeFailed as failure:
            return self._problem(str(partition), failure)
        status: RunStatus = "file_lost" if is_lost else run.status
        return replace(facts, run_status=status, run_created=run.created, run_error=run.error)

    def _available(self, report_type: str) -> StripeFacts:
        def ask(turn: Turn) -> dict[str, int]:
            turn()
            found = self.client.v1.reporting.report_types.retrieve(report_type)
            return {"available_to": found.data_available_end, "available_start": found.data_available_start}

        return StripeFacts(**self.questions.answer(f"report type {report_type}", "report_types", ask))

    def _open_run(self, run_id: str) -> ReportRun | None:
        """None where Stripe does not know the run."""

        def ask(turn: Turn) -> dict[str, Any] | None:
            turn()
            run = self._run(self.client.v1.reporting.report_runs.retrieve(run_id))
            return None if run is None else asdict(run)

        try:
            found = self.questions.answer(f"report run {run_id}", "report_runs", ask)
        except StripeFailed as failure:
            if failure.status != 404:
                raise
            return None
        return None if found is None else ReportRun(**found)

    def _is_gone(self, file_url: str) -> bool:
        """Whether a report's file is answered by 404, the only answer after which the connector asks for the report again."""
        import requests

        def ask(turn: Turn) -> bool:
            turn()
            headers = {"Authorization": f"Bearer {self.questions.key}"}
            try:
                # Only the status: the file itself may be large.
                with requests.get(file_url, headers=headers, timeout=_READ_TIMEOUT_SECONDS, stream=True) as answer:
                    return answer.status_code == 404
            except requests.RequestException:
                # The file is not known to be gone; other questions to Stripe fail in the same way and report it.
                return False

        return bool(self.questions.answer(f"file {file_url}", "files", ask))

    def _run(self, run: StripeRun) -> ReportRun | None:
        """None for a run without an interval, such as the report on a single payout; the connector creates none of these."""
        start = getattr(run.parameters, "interval_start", None)
        end = getattr(run.parameters, "interval_end", None)
        if start is None or end is None:
            return None
        return ReportRun(
            id=run.id,
            report_type=run.report_type,
            start=start,
            end=end,
            created=run.created,
            status=cast(RunStatus, run.status),
            succeeded_at=run.succeeded_at,
            error=self.questions.secretless(run.error) if run.error else None,
            file_url=run.result.url if run.result else None,
            file_bytes=run.result.size if run.result else None,
        )

    def _problem(self, what: str, failure: StripeFailed) -> StripeFacts:
        if failure.status == 401:
            problem = f"Stripe refuses the API key of the timezone {self.timezone} (401)"
        else:
            problem = f"Querying Stripe about {what} failed: {failure.text}"
        return StripeFacts(problem=problem, refused=failure.is_refusal)
