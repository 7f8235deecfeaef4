# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors of the classes that the documentation has profiles for, made in a line each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Profile,
    choose_profile,
    read_profile,
    read_profiles,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
    Verdict,
)
from unit.connectors.stripe_reporting.cases import NOW

PAGE = Path(__file__).parents[4] / "docs/profiles.md"
MINUTE = 60


def documented() -> tuple[Profile, ...]:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return read_profiles([one for block in blocks for one in yaml.safe_load(block)["connectops_profiles"]])


PROFILES = {profile.name: profile for profile in documented()}

JDBC = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "mode": "timestamp",
    "table.whitelist": "orders",
}
QUIET_POSTGRES = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "topic.prefix": "shop"}
POSTGRES = {**QUIET_POSTGRES, "heartbeat.interval.ms": "10000"}
MYSQL = {"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "shop"}
FILE = {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "file": "/data/orders.txt"}
PLAIN = {"connector.class": "com.example.UnheardOfConnector"}

ORDERS = Partition.of({"protocol": "1", "table": "shop.orders"})
SHOP = Partition.of({"server": "shop"})
ORDERS_FILE = Partition.of({"filename": "/data/orders.txt"})
PARTITION = Partition.of({"place": 1})


def stored(partition: Partition, offset: Offset | None, committed_ago: float | None = None) -> StoredOffset:
    """An offset that was committed ``committed_ago`` seconds ago; None: at an unknown time."""
    return StoredOffset(partition, offset, None if committed_ago is None else NOW - committed_ago)


def connector(
    config: Mapping[str, str], *offsets: StoredOffset, state: str = "RUNNING", task: str | None = None
) -> Connector:
    tasks = () if state == "STOPPED" else (Task(0, task or state, "connect-1:8083"),)
    return Connector("source", "source", state, "connect-1:8083", tasks, config, offsets)


def judged(of: Connector, now: float = NOW) -> tuple[Verdict, ...]:
    """As the collection does it: by the first documented profile that fits."""
    return judge_by_profile(of, choose_profile(documented(), of), Limits(), now)


def outcome(of: Connector, now: float = NOW) -> tuple[str, list[str]]:
    """The verdict on the only partition, and the codes of its reasons."""
    (verdict,) = judged(of, now)
    return verdict.verdict, [reason.code for reason in verdict.reasons]


def jdbc(ago: float) -> dict[str, Any]:
    return {"timestamp": int(NOW - ago) * 1000, "timestamp_nanos": 0}


def postgres(ago: float, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": None,
        "lsn_proc": 27485360,
        "messageType": "UPDATE",
        "lsn": 27485360,
        "txId": 743,
        "ts_usec": int(NOW - ago) * 1_000_000 + 804_733,
        **more,
    }


def mysql(ago: float, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": None,
        "ts_sec": int(NOW - ago),
        "file": "mysql-bin.000123",
        "pos": 4567890,
        "row": 1,
        "server_id": 1,
        "event": 2,
        **more,
    }


MIRROR = {"connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector", "topics": "ord.*,shop\\..*"}


def mirrored(topic: str) -> Partition:
    return Partition.of({"cluster": "primary", "partition": 0, "topic": topic})


SERVER = read_profile(
    {
        "name": "server",
        "connector_class": "UnheardOfConnector",
        "partition": ["server"],
        "time": {"field": "at", "unit": "seconds"},
    },
    "profiles[0]",
)
OLD_KEY, NEW_KEY = Partition.of({"server": "a"}), Partition.of({"server": "a", "database": "d"})
