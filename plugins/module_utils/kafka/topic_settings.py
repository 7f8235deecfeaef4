# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of topics, such as how long they keep their records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import settings_of_topic_denied


def topic_settings(connection: Connection, topics: Collection[str]) -> dict[str, dict[str, str | None]]:
    """By name of the topic, the settings in force; a topic that does not exist is left out. Raises KafkaFailed."""
    found, failed = readable_settings(connection, topics)
    for topic, error in failed.items():
        if error.code() == connection.codes.TOPIC_AUTHORIZATION_FAILED:
            raise settings_of_topic_denied(connection.options, topic)
        if error.code() != connection.codes.UNKNOWN_TOPIC_OR_PART:
            raise connection.failure(error, f"the settings of the topic {topic}", topic=topic)
    return found


def readable_settings(
    connection: Connection, topics: Collection[str]
) -> tuple[dict[str, dict[str, str | None]], Mapping[str, Any]]:
    """The settings of each topic whose settings could be read, and the library's error for each other topic."""
    if not topics:
        return {}, {}
    admin = connection.library.admin
    resources = [admin.ConfigResource(admin.ResourceType.TOPIC, topic) for topic in topics]
    futures = connection.admin.describe_configs(
        resources, request_timeout=connection.remaining("the settings of the topics")
    )
    found, failed = connection.results({resource.name: future for resource, future in futures.items()})
    return {topic: {name: entry.value for name, entry in entries.items()} for topic, entries in found.items()}, failed
