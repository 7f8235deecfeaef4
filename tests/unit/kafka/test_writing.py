# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing records: what counts as written, as not written, and as unknown, alone and in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import (
    NewRecord,
    Writer,
    write_records,
)
from confluent_kafka import KafkaError, KafkaException
from unit.kafka.fake import FakeConnection

TWO = [NewRecord("t", b"a", b"1"), NewRecord("t", b"b", None, 0)]
# What becomes of a record: it is acknowledged, fails, or nothing is heard of it.
ACKNOWLEDGED, SILENCE = None, "silence"
Fate = KafkaError | None | str

REFUSED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
AGAINST_POLICY = KafkaError(KafkaError.POLICY_VIOLATION, "against the policy")
# The record may have been written.
LOST = KafkaError(KafkaError._MSG_TIMED_OUT, "no answer in time")
FENCED = KafkaError(KafkaError._FENCED)
BUSY = KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, "loading", retriable=True)


class FakeProducer:
    """``fates``: of the records that are sent, in their order; acknowledged where none is left.

    ``failures``: what the next calls of each method raise, None for nothing.
    """

    def __init__(self, fates: Sequence[Fate], failures: dict[str, list[KafkaError | None]]) -> None:
        self.fates = list(fates)
        self.failures = failures
        self.settings: dict[str, Any] = {}
        self.calls: list[str] = []
        self.sent: list[tuple[Any, ...]] = []
        self._reports: list[Callable[[], None]] = []

    def produce(self, topic: str, value: Any, key: Any, on_delivery: Callable[..., None], **place: int) -> None:
        self._called("produce")
        self.sent.append((topic, key, value, place))
        fate = self.fates.pop(0) if self.fates else ACKNOWLEDGED
        if not isinstance(fate, str):
            self._reports.append(lambda: on_delivery(fate, None))

    def poll(self, seconds: float) -> None:
        if self._reports:
            self._reports.pop(0)()

    def flush(self, seconds: float) -> None:
        self._called("flush")

    def purge(self) -> None:
        self._called("purge")

    def init_transactions(self, seconds: float) -> None:
        self._called("init")

    def begin_transaction(self) -> None:
        self._called("begin")

    def commit_transaction(self, seconds: float) -> None:
        self._called("commit")

    def abort_transaction(self, seconds: float) -> None:
        self._called("abort")

    def _called(self, name: str) -> None:
        self.calls.append(name)
        failures = self.failures.get(name)
        if failures and (failure := failures.pop(0)) is not None:
            raise KafkaException(failure)


class Brokers(FakeConnection):
    """They have one topic. ``looks``: how often somebody may look at the time until it is up."""

    def __init__(
        self,
        fates: Sequence[Fate] = (),
        looks: int = 100,
        timeout_seconds: float = 60,
        **failures: list[KafkaError | None],
    ) -> None:
        super().__init__({"t": {0: [], 1: []}}, timeout_seconds=timeout_seconds, sasl_username="me")
        self.producer = FakeProducer(fates, failures)
        self.looks = looks

    def new_producer(self, **settings: Any) -> FakeProducer:
        self.producer.settings = settings
        return self.producer

    def remaining(self, what: str) -> float:
        self.looks -= 1
        if self.looks < 0:
            raise errors.timed_out(self.options, what, "")
        return 60.0


def test_records_are_sent_in_their_order_and_to_the_topic_partition_that_they_name() -> None:
    brokers = Brokers()
    write_records(brokers, TWO)
    assert brokers.producer.sent == [("t", b"a", b"1", {}), ("t", b"b", None, {"partition": 0})]
    settings = brokers.producer.settings
    assert (settings["acks"], settings["enable.idempotence"]) == ("all", True)
    assert settings["partitioner"] == "murmur2_random", "a key must go where Connect looks for it"
    assert settings["message.timeout.ms"] == 60_000
    assert "transactional.id" not in settings


def test_without_records_nothing_is_asked() -> None:
    brokers = Brokers()
    with Writer(brokers, "id") as writer:
        writer.write([])
    assert brokers.producer.calls == ["purge", "flush"]


def test_of_a_topic_that_does_not_exist_no_record_leaves() -> None:
    brokers = Brokers()
    with pytest.raises(errors.TopicNotFound, match='has no topic "u"'):
        write_records(brokers, [TWO[0], NewRecord("u", b"a", b"1")])
    assert brokers.producer.sent == []


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (REFUSED, errors.AccessDenied, 'The user me is not allowed to write to the topic "t" .*: grant it Write'),
        (TOO_LARGE, errors.KafkaFailed, "A record is too large for the topic .*: raise max.message.bytes"),
        (AGAINST_POLICY, errors.KafkaFailed, 'Nothing was written to the topic "t" .*: against the policy'),
    ],
)
def test_records_that_are_all_refused_are_not_written_and_it_is_said_why(
    error: KafkaError, kind: type[errors.KafkaFailed], said: str
) -> None:
    with pytest.raises(kind, match=said):
        write_records(Brokers([error, error]), TWO)
    # The library itself is the one that refuses.
    with pytest.raises(kind, match=said):
        write_records(Brokers(produce=[error]), TWO)


@pytest.mark.parametrize(
    ("fates", "confirmed", "said"),
    [
        ([ACKNOWLEDGED, REFUSED], 1, "Topic authorization failed"),
        ([LOST, LOST], 0, "no answer in time"),
        ([REFUSED, LOST], 0, "Topic authorization failed"),
        (
            [ACKNOWLEDGED, SILENCE],
            1,
            r"did not return all of the confirmation of topic t within kafka_timeout \(60 s\)",
        ),
        ([SILENCE, SILENCE], 0, "did not return all of the confirmation"),
        ([REFUSED, SILENCE], 0, "did not return all of the confirmation"),
    ],
)
def test_what_may_be_written_in_part_has_an_unknown_outcome(fates: list[Fate], confirmed: int, said: str) -> None:
    brokers = Brokers(fates)
    with pytest.raises(UnknownOutcome, match=rf"confirmed {confirmed} of 2 records for the topic \"t\" \(.*{said}"):
        write_records(brokers, TWO)
    assert "purge" in brokers.producer.calls, "what is not sent yet must not leave later"


def test_a_producer_that_breaks_after_a_record_has_left_has_an_unknown_outcome() -> None:
    brokers = Brokers([SILENCE], produce=[None, LOST])
    with pytest.raises(UnknownOutcome, match="confirmed 0 of 2 records"):
        write_records(brokers, TWO)


# In a transaction


def in_transaction(brokers: Brokers, times: int = 1) -> None:
    with Writer(brokers, "id") as writer:
        for _time in range(times):
            writer.write(TWO)


def test_all_records_of_a_write_are_committed_together_and_older_producers_are_fenced_once() -> None:
    brokers = Brokers()
    in_transaction(brokers, times=2)
    write = ["begin", "produce", "produce", "commit"]
    assert brokers.producer.calls == ["init", *write, *write, "purge", "flush"]
    settings = brokers.producer.settings
    assert (settings["transactional.id"], settings["transaction.timeout.ms"]) == ("id", 10_000)
    assert settings["message.timeout.ms"] <= settings["transaction.timeout.ms"]


def test_a_transaction_may_last_for_a_second_at_least_as_the_library_takes_no_shorter_one() -> None:
    brokers = Brokers(timeout_seconds=0.5)
    in_transaction(brokers)
    assert brokers.producer.settings["transaction.timeout.ms"] == 1_000


def test_a_coordinator_that_is_not_ready_yet_is_asked_again() -> None:
    brokers = Brokers(init=[BUSY, BUSY], commit=[BUSY])
    in_transaction(brokers)
    assert [brokers.producer.calls.count(name) for name in ("init", "commit")] == [3, 2]


def test_a_coordinator_that_never_gets_ready_is_given_up_before_a_record_leaves() -> None:
    brokers = Brokers(looks=3, init=[BUSY] * 4)
    with pytest.raises(errors.TimedOut, match="did not return all of the coordinator of transactions"):
        in_transaction(brokers)
    assert brokers.producer.sent == []


def test_without_the_right_to_the_transactional_id_no_record_leaves() -> None:
    brokers = Brokers(init=[KafkaError(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)])
    with pytest.raises(errors.AccessDenied, match=r'The user me .* the transactional id "id" .*: grant it Write'):
        in_transaction(brokers)
    assert brokers.producer.sent == []


@pytest.mark.parametrize("step", ["init", "begin", "produce", "commit"])
def test_a_newer_producer_is_told_from_other_failures_at_every_step(step: str) -> None:
    error = KafkaError(KafkaError._FENCED, txn_requires_abort=step == "commit")
    failures: dict[str, Any] = {step: [error]}
    with pytest.raises(errors.Fenced, match="Another run has taken over"):
        in_transaction(Brokers(**failures, purge=[error]))


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ([ACKNOWLEDGED, REFUSED], "not allowed to write"),
        ([ACKNOWLEDGED, LOST], "Nothing was written .*: no answer in time"),
        ([ACKNOWLEDGED, SILENCE], r"Nothing was written .*: .* within kafka_timeout \(60 s\)"),
    ],
)
# The reason is said even if the abort fails: the brokers abort what is left.
@pytest.mark.parametrize("abort", [None, LOST], ids=["aborted", "left"])
def test_one_record_that_fails_is_the_end_of_all(fates: list[Fate], said: str, abort: KafkaError | None) -> None:
    brokers = Brokers(fates, abort=[abort])
    with pytest.raises(errors.KafkaFailed, match=said):
        in_transaction(brokers)
    assert "abort" in brokers.producer.calls
    assert "commit" not in brokers.producer.calls


def test_a_commit_that_the_brokers_refuse_is_aborted_and_nothing_is_written() -> None:
    brokers = Brokers(commit=[KafkaError(KafkaError.INVALID_TXN_STATE, "no", txn_requires_abort=True)])
    with pytest.raises(errors.KafkaFailed, match=r'Nothing was written to the topic "t" .*: no'):
        in_transaction(brokers)
    assert "abort" in brokers.producer.calls


@pytest.mark.parametrize(
    ("commit", "said"),
    [([LOST], "no answer in time"), ([BUSY] * 9, ".* did not return all of the coordinator of transactions")],
    ids=["lost", "never answered"],
)
def test_a_commit_without_an_answer_has_an_unknown_outcome(commit: list[KafkaError | None], said: str) -> None:
    brokers = Brokers(looks=6, commit=commit)
    with pytest.raises(UnknownOutcome, match=rf"confirmed 0 of 2 records for the topic \"t\" \({said}"):
        in_transaction(brokers)
    assert "abort" not in brokers.producer.calls, "it may be committed"
