# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topics for backups on a broker that checks rights, and how a task opens them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import Stores, open_stores
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)


def allow(admin: AdminClient, operation: AclOperation, name: str, kind: ResourceType = ResourceType.TOPIC) -> None:
    everyone = "User:stranger"
    rule = AclBinding(kind, name, ResourcePatternType.PREFIXED, everyone, "*", operation, AclPermissionType.ALLOW)
    admin.create_acls([rule])[rule].result()


def opened(
    kafka: KafkaOptions, topic: str = "fit", *, check_mode: bool = False, label: str = "eu", **more: Any
) -> Stores:
    options = BackupOptions(backup_topic=topic, cluster_label=label, **more)
    return open_stores(options, kafka, "kafka-1", check_mode=check_mode)


def why_refused(kafka: KafkaOptions, topic: str = "fit", **more: Any) -> str:
    """The sentence with which the topic is refused, the same in check mode."""
    messages = set()
    for check_mode in (True, False):
        with pytest.raises(RecoveryError) as caught:
            opened(kafka, topic, check_mode=check_mode, **more)
        messages.add(caught.value.message)
    (message,) = messages
    assert message == " ".join(message.split())
    assert message.endswith(".")
    return message
