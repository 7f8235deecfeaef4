# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a sink connector: what waits in its topics, and when its group last committed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition, SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import looks_masked
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.commits import (
    CLOCK_TOLERANCE_SECONDS,
    clock_doubtful,
    no_commit,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import state_reasons
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    NOT_CONFIGURED,
    JudgedReason,
    Limits,
    Reason,
    Verdict,
    VerdictName,
    judged_by,
)

# Connect's sinks commit once a minute by default; some of them hold on for minutes to write larger files.
_LATE_SECONDS = 600
# Sets of characters within others, which Java reads in another way than Python.
_NESTED_SET = re.compile(r"&&|\[[^\]]*\[")


def judge_sink(
    connector: Connector, progress: Sequence[SinkPosition] | None, limits: Limits, now: float
) -> tuple[Verdict, ...]:
    """A verdict on each topic partition; ``progress`` is None where Kafka was not read, ``now`` is epoch seconds.

    What is committed for a topic that the config does not name is orphaned. A sink about which nothing else is known
    gets one verdict on the partition without fields.
    """
    seen: list[tuple[Partition, bool, Iterator[JudgedReason], float | None]]
    if progress is None:
        seen = [
            (entry.partition, entry.offset is not None, _unread(has_offset=entry.offset is not None), None)
            for entry in sorted(connector.offsets, key=lambda entry: str(entry.partition))
        ]
    else:
        seen = [
            (one.partition, one.committed is not None, _reasons(one, limits, now), one.committed_at)
            for one in sorted(progress, key=lambda one: (one.topic, one.number))
        ]
    found = []
    for partition, is_committed, reasons, committed_at in seen:
        if _may_be_read(str(partition.get("kafka_topic")), connector.config):
            found.append(_verdict(connector, partition, reasons, committed_at))
        elif is_committed:
            found.append(Verdict(partition, "orphaned", (NOT_CONFIGURED,), committed_at=committed_at))
    if all(one.verdict == "orphaned" for one in found):
        where = " in the topics of its config" if found else ", and its topics are not known"
        nothing: JudgedReason = ("unknown", Reason("no_offset", f"it has committed nothing{where}"))
        found.append(_verdict(connector, Partition(()), iter([nothing])))
    return tuple(found)


def _may_be_read(topic: str, config: Mapping[str, str]) -> bool:
    """Whether the config names the topic, or cannot be read here: with a placeholder, or an expression of Java alone."""
    names, expression = config.get("topics", "").strip(), config.get("topics.regex", "").strip()
    text = names or expression
    if not text or "${" in text or looks_masked(text):
        return True
    if names:
        return topic in (name.strip() for name in names.split(","))
    if _NESTED_SET.search(expression):
        return True
    try:
        return re.fullmatch(expression, topic) is not None
    except (re.error, OverflowError, RecursionError):
        return True


def _verdict(
    connector: Connector,
    partition: Partition,
    reasons: Iterator[JudgedReason],
    committed_at: float | None = None,
) -> Verdict:
    return judged_by(partition, (*state_reasons(connector), *reasons), committed_at=committed_at)


def _unread(*, has_offset: bool) -> Iterator[JudgedReason]:
    if not has_offset:
        yield "missing", Reason("no_offset", "nothing committed")
    else:
        words = "it is not known how many records wait (only Kafka shows that: set connectops_kafka_bootstrap_servers)"
        yield "unknown", Reason("lag_unknown", words)


def _reasons(one: SinkPosition, limits: Limits, now: float) -> Iterator[JudgedReason]:
    if one.committed is None:
        if one.end > 0 and one.has_expired:
            # Without a record to deliver a sink commits nothing; they may also have waited until they expired.
            words = (
                f"nothing committed, and all {one.end} records are already deleted, so nothing shows whether it works"
            )
            yield "unknown", Reason("no_offset", words, one.end)
        elif one.end > 0:
            yield "missing", Reason("no_offset", f"nothing committed, the topic partition ends at {one.end}", one.end)
        return
    # What has expired does not wait. The end was read a moment before the commit, which may have passed it.
    lag = max(0, one.end - max(one.begin, one.committed))
    if lag == 0:
        return
    doubt = clock_doubtful("its commit", one.committed_at, now)
    if doubt is not None:
        yield "unknown", doubt
    waits = Reason("lag", f"{counted(lag, 'record')} waiting", lag)
    waiting_since = one.waiting_since
    if waiting_since is None or waiting_since - now > CLOCK_TOLERANCE_SECONDS:
        waiting_since = 0.0
    if one.committed_at is None:
        if no_commit(waiting_since, _LATE_SECONDS, now) is not None:
            yield "unknown", waits
            words = "it is not known when it was committed (the user needs the permission to read __consumer_offsets)"
            yield "unknown", Reason("commit_time_unknown", words)
        return
    # Nothing arrived and nothing was to be committed: the wait begins with the first record after that.
    due_since = max(one.committed_at, waiting_since)
    limits_by_verdict: dict[VerdictName, int] = {"stuck": limits.max_commit_age_seconds, "late": _LATE_SECONDS}
    for severity, limit in limits_by_verdict.items():
        overdue = no_commit(due_since, limit, now)
        if overdue is not None:
            yield severity, overdue
            yield severity, waits
            return
