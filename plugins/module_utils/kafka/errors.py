# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with Kafka: the exceptions, and one sentence for each cause."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean, nearest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# How the library reports a broker: security protocol, address, node id, and how long the connection was in which state.
_ABOUT_BROKER = re.compile(
    r"(?:\w+://)?(?P<broker>[^/\s]+)/(?:bootstrap|\d+): (?P<text>.*?)(?: \(after \d+ms in state [^()]*(?:\([^()]*\))?[^()]*\))?",
    re.DOTALL,
)


class KafkaFailed(RecoveryError):
    """A request to Kafka failed. Facts where known: ``topic`` (str), ``group`` (str)."""


class Unreachable(KafkaFailed):
    """No broker could be reached: connection refused, unknown host name, or no answer in time."""


class TlsFailed(KafkaFailed):
    """The TLS handshake failed: certificate not trusted, wrong name, client certificate refused, or no TLS at all."""


class AccessDenied(KafkaFailed):
    """The login is wrong, or it lacks a permission."""


class Fenced(KafkaFailed):
    """A newer producer of the same transactional id is there: nothing of this one is taken any more."""


class TopicNotFound(KafkaFailed):
    """The topic does not exist, or it is unclear which topic it is. Further facts: ``nearest`` (list of str)."""


class TimedOut(KafkaFailed):
    """The time for everything that the task does with Kafka is used up."""


def unreachable(options: KafkaOptions, reported: str) -> Unreachable | TlsFailed:
    """``reported``: what the library reported about the connections, empty for nothing."""
    if "SSL" in reported:
        return tls_failed(options, reported)
    return Unreachable(
        f"No Kafka broker can be reached at {options.brokers} ({reported or 'no usable answer'}): check "
        "kafka_bootstrap_servers and kafka_security_protocol, and whether brokers listen there."
    )


def tls_failed(options: KafkaOptions, reported: str) -> TlsFailed:
    if "certificate verify failed" in reported:
        return TlsFailed(
            f"The certificate of Kafka at {options.brokers} is not trusted, or was made for another host: set "
            "kafka_ca_path to the certificate of the CA that signed it, and use the host names of the certificate in "
            "kafka_bootstrap_servers."
        )
    return TlsFailed(
        f"TLS with Kafka at {options.brokers} failed ({reported}): check kafka_security_protocol, and kafka_client_cert "
        "if the brokers require a client certificate."
    )


def login_refused(options: KafkaOptions, reported: str) -> AccessDenied:
    return AccessDenied(
        f"Kafka at {options.brokers} does not accept the login ({reported}): check kafka_sasl_mechanism, "
        "kafka_sasl_username and kafka_sasl_password."
    )


def topic_denied(options: KafkaOptions, what: str, topic: str | None) -> AccessDenied:
    """``what``: what was to be read, where it was not one topic."""
    read = f'the topic "{topic}"' if topic else what
    return AccessDenied(
        f"{_user(options)} is not allowed to read {read} of Kafka at {options.brokers}: grant it Read and Describe on "
        "the topic, or use another user.",
        topic=topic,
    )


def group_denied(options: KafkaOptions, group: str | None) -> AccessDenied:
    return AccessDenied(
        f'{_user(options)} is not allowed to read the consumer group "{group}" of Kafka at {options.brokers}: grant it '
        "Describe on the group.",
        group=group,
    )


def topic_settings_denied(options: KafkaOptions) -> AccessDenied:
    return AccessDenied(
        f"{_user(options)} is not allowed to read the settings of topics of Kafka at {options.brokers}, so Connect's "
        "topics cannot be found: set offsets_topic and config_topic, or grant it DescribeConfigs on the topics."
    )


def settings_of_topic_denied(options: KafkaOptions, topic: str) -> AccessDenied:
    return AccessDenied(
        f'{_user(options)} is not allowed to read the settings of the topic "{topic}" of Kafka at {options.brokers}: grant it'
        " DescribeConfigs on the topic, or use another user.",
        topic=topic,
    )


def write_denied(options: KafkaOptions, topic: str) -> AccessDenied:
    return AccessDenied(
        f'{_user(options)} is not allowed to write to the topic "{topic}" of Kafka at {options.brokers}: grant it Write and '
        "Describe on the topic, or use another user.",
        topic=topic,
    )


def transactional_id_denied(options: KafkaOptions, transactional_id: str) -> AccessDenied:
    return AccessDenied(
        f'{_user(options)} is not allowed to use the transactional id "{transactional_id}" of Kafka at {options.brokers}: '
        "grant it Write and Describe on that transactional id."
    )


def fenced(options: KafkaOptions, topic: str) -> Fenced:
    return Fenced(
        f'Another run has taken over: Kafka at {options.brokers} accepts nothing more from this run for the topic "{topic}". '
        "Look at what the other run does before you run this again.",
        topic=topic,
    )


def too_large(options: KafkaOptions, topic: str) -> KafkaFailed:
    return KafkaFailed(
        f'A record is too large for the topic "{topic}" of Kafka at {options.brokers}: raise max.message.bytes of the topic.',
        topic=topic,
    )


def not_written(options: KafkaOptions, topic: str, reported: str) -> KafkaFailed:
    return KafkaFailed(
        f'Nothing was written to the topic "{topic}" of Kafka at {options.brokers}: {reported}. Check the brokers, then run'
        " again.",
        topic=topic,
    )


def unconfirmed(options: KafkaOptions, topic: str, confirmed: int, count: int, reported: str) -> UnknownOutcome:
    """``confirmed`` of ``count`` records were written for certain. ``reported``: why the others may not be, empty if unknown."""
    return UnknownOutcome(
        f'Kafka at {options.brokers} confirmed {confirmed} of {count} records for the topic "{topic}"'
        f"{f' ({reported})' if reported else ''}, and it is not known whether the others were written: check the brokers, then"
        " run again.",
        topic=topic,
    )


def unsuitable(options: KafkaOptions, topic: str, problem: str, command: str) -> KafkaFailed:
    """``command``: the command line of Kafka's own tools that corrects the topic."""
    return KafkaFailed(
        f'The topic "{topic}" of Kafka at {options.brokers} cannot hold backups, because {problem}: run {command}.',
        topic=topic,
    )


def not_made(options: KafkaOptions, topic: str, reported: str) -> KafkaFailed:
    return KafkaFailed(
        f'The topic "{topic}" cannot be created on Kafka at {options.brokers} ({reported}): create it with'
        " cleanup.policy=compact, "
        "or grant this user Create on the topic.",
        topic=topic,
    )


def settings_denied(options: KafkaOptions, topic: str) -> AccessDenied:
    return AccessDenied(
        f'{_user(options)} is not allowed to read the settings of the topic "{topic}" of Kafka at {options.brokers}: grant it '
        "DescribeConfigs on the topic.",
        topic=topic,
    )


def too_few_replicas(options: KafkaOptions, topic: str, in_sync: int, needed: int) -> KafkaFailed:
    return KafkaFailed(
        f'The topic "{topic}" of Kafka at {options.brokers} cannot be written now, because only {in_sync} of the {needed} '
        "replicas that its min.insync.replicas requires are in sync: check the brokers.",
        topic=topic,
    )


def hidden(options: KafkaOptions, topic: str) -> KafkaFailed:
    return KafkaFailed(
        f'A transaction that stays open hides the end of the topic "{topic}" of Kafka at {options.brokers}, so it is not known '
        "what is there: run this again in a minute.",
        topic=topic,
    )


def other_cluster(options: KafkaOptions, found: str, wanted: str) -> KafkaFailed:
    """``found`` and ``wanted`` are ids of Kafka clusters: of the brokers that were asked, and of those that Connect uses."""
    return KafkaFailed(
        f"Kafka at {options.brokers} has the cluster id {found}, and Connect's workers use the Kafka cluster with the"
        f" id {wanted}: set kafka_bootstrap_servers to the brokers behind Connect."
    )


class _Brokers(Protocol):
    @property
    def cluster_id(self) -> str: ...


def demand_cluster(brokers: _Brokers, options: KafkaOptions, wanted: str) -> None:
    """Raises :func:`other_cluster` where the brokers are not those that Connect uses; it may hide their id (``wanted`` empty)."""
    if wanted and (found := brokers.cluster_id) != wanted:
        raise other_cluster(options, found, wanted)


def may_be_elsewhere(connector: str, setting: str) -> KafkaFailed:
    """``setting``: with it the connector may write to another Kafka cluster than that of the workers."""
    return KafkaFailed(
        f"Connector '{connector}' has the setting {setting}, so its offsets may be on another Kafka cluster than those of other"
        " connectors: its offsets topic is neither read nor written."
    )


def no_such_topic(options: KafkaOptions, topic: str, existing: Collection[str]) -> TopicNotFound:
    hint = did_you_mean(topic, existing, "check its name.")
    return TopicNotFound(
        f'Kafka at {options.brokers} has no topic "{topic}": {hint}', topic=topic, nearest=nearest(topic, existing)
    )


def timed_out(options: KafkaOptions, what: str, reported: str) -> TimedOut:
    """``what``: what was read when the time was up; ``reported``: what the library reported, empty for nothing."""
    return TimedOut(
        f"Kafka at {options.brokers} did not return all of {what} within kafka_timeout "
        f"({options.timeout_seconds:g} s){f' ({reported})' if reported else ''}: raise kafka_timeout, and check "
        "that the addresses that the brokers advertise can be reached from here."
    )


def failed(options: KafkaOptions, what: str, reported: str, topic: str | None) -> KafkaFailed:
    return KafkaFailed(f"Kafka at {options.brokers} did not return {what}: {reported}.", topic=topic)


def library_text(text: str, options: KafkaOptions) -> str:
    """What the library reports, on one line, without its internals and without the password."""
    text = quoted(text, filter(None, (options.sasl_password,)))
    found = _ABOUT_BROKER.fullmatch(text)
    if found:
        text = f"{found['broker']}: {found['text']}"
    return " ".join(text.split()).rstrip(".")


def _user(options: KafkaOptions) -> str:
    return f"The user {options.sasl_username}" if options.sasl_username else "This client"
