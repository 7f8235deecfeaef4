# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task that logs in to a secured broker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from lab.kafka_security import PASSWORDS, KafkaSecurity


def login(security: KafkaSecurity, user: str = "reader", **changed: Any) -> KafkaOptions:
    """Those that let one of the broker's users in, apart from what is ``changed``."""
    right = KafkaOptions(
        (security.sasl_server,),
        "SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username=user,
        sasl_password=PASSWORDS[user],
        ca_path=str(security.ca_file),
        timeout_seconds=60,
    )
    return replace(right, **changed)
