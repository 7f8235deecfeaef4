# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client of Stripe: what its accounts say about report types and report runs. It only reads."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, cast

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
    RunStatus,
    without_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import STRIPE_URL

if TYPE_CHECKING:
    import stripe
    from stripe.reporting import ReportRun as StripeRun

_READ_TIMEOUT_SECONDS = 20
_RETRIES = 2
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

    available_end: int | None = None
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
    keys: Mapping[str, str], open_runs: Mapping[ReportPartition, str | None], now: float, api_url: str = STRIPE_URL
) -> StripeAnswer:
    """Ask about every partition of ``open_runs``, whose values are the ids of the open runs, None where there is none.

    ``keys``: timezone to API key; ``now`` is epoch seconds. The accounts are asked in parallel. When one cannot be asked,
    its partitions carry the problem and the others are still read. Requests to each account: one list of the report runs of
    the last 14 days, of which those of its report types are kept, one for each partition, one for each older open run, and one
    for the file of each open run that succeeded.
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
            max_network_retries=_RETRIES,
        )
        return _Account(client, timezone, keys[timezone]).ask(partitions, int(now) - _HISTORY_SECONDS)

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
    key: str = field(repr=False)

    def ask(self, partitions: Mapping[ReportPartition, str | None], since: int) -> StripeAnswer:
        """``since``: epoch seconds; report runs created from then on are listed."""
        import stripe

        try:
            history = self._history({partition.report_type for partition in partitions}, since)
        except (stripe.AuthenticationError, stripe.APIConnectionError) as error:
            # Any other request to this account would fail as well.
            return StripeAnswer(dict.fromkeys(partitions, self._problem(f"the timezone {self.timezone}", error)))
        except stripe.StripeError as error:
            by_partition = {
                partition: self._of_partition(partition, run_id, {}) for partition, run_id in partitions.items()
            }
            if _is_refusal(error):
                by_partition = {partition: replace(facts, refused=True) for partition, facts in by_partition.items()}
            problem = f"Stripe does not list the report runs of the timezone {self.timezone}: {self._text(error)}"
            return StripeAnswer(by_partition, problems=(problem,))
        known = {run.id: run for run in history.runs}
        by_partition = {
            partition: self._of_partition(partition, run_id, known) for partition, run_id in partitions.items()
        }
        return StripeAnswer(by_partition, {self.timezone: history})

    def _history(self, report_types: Collection[str], since: int) -> RunHistory:
        page = self.client.v1.reporting.report_runs.list({"limit": _RUNS_PER_PAGE, "created": {"gte": since}})
        newest = list(islice(page.auto_paging_iter(), _MOST_RUNS))
        # More runs may have been created in the same second as the oldest one.
        complete_since = since if len(newest) < _MOST_RUNS else newest[-1].created + 1
        runs = (self._run(one) for one in newest if one.report_type in report_types)
        return RunHistory(tuple(run for run in runs if run is not None), complete_since)

    def _of_partition(
        self, partition: ReportPartition, run_id: str | None, known: Mapping[str, ReportRun]
    ) -> StripeFacts:
        import stripe

        try:
            report_type = self.client.v1.reporting.report_types.retrieve(partition.report_type)
            facts = StripeFacts(report_type.data_available_end, report_type.data_available_start)
            if not run_id:
                return facts
            run = self._open_run(run_id, known)
        except stripe.StripeError as error:
            return self._problem(str(partition), error)
        if run is None:
            return replace(facts, run_status="lost")
        status: RunStatus = "file_lost" if run.file_url is not None and self._is_gone(run.file_url) else run.status
        return replace(facts, run_status=status, run_created=run.created, run_error=run.error)

    def _open_run(self, run_id: str, known: Mapping[str, ReportRun]) -> ReportRun | None:
        """None where Stripe does not know the run."""
        import stripe

        if run_id in known:
            return known[run_id]
        try:
            return self._run(self.client.v1.reporting.report_runs.retrieve(run_id))
        except stripe.InvalidRequestError as error:
            if error.http_status != 404:
                raise
            return None

    def _is_gone(self, file_url: str) -> bool:
        """Whether a report's file is answered by 404, which alone makes the connector ask for the report anew."""
        import requests

        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            # Only the status: the file itself may be large.
            with requests.get(file_url, headers=headers, timeout=_READ_TIMEOUT_SECONDS, stream=True) as answer:
                return answer.status_code == 404
        except requests.RequestException:
            # Not known to be gone; what else there is to ask Stripe fails in the same way, and says so.
            return False

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
            error=self._secretless(run.error) if run.error else None,
            file_url=run.result.url if run.result else None,
            file_bytes=run.result.size if run.result else None,
        )

    def _problem(self, what: str, error: stripe.StripeError) -> StripeFacts:
        if error.http_status == 401:
            problem = f"Stripe refuses the API key of the timezone {self.timezone} (401)"
        else:
            problem = f"Querying Stripe about {what} failed: {self._text(error)}"
        return StripeFacts(problem=problem, refused=_is_refusal(error))

    def _text(self, error: stripe.StripeError) -> str:
        return self._secretless(str(error.user_message or error)).splitlines()[0].rstrip(".")

    def _secretless(self, text: str) -> str:
        """Stripe's own text may quote a key, or a part of it."""
        return without_keys(scrubbed(text, (self.key,)))


def _is_refusal(error: stripe.StripeError) -> bool:
    return error.http_status in (401, 403)
