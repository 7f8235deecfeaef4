# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partition that is silent while its connector stores others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    read_profile,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
)
from unit.connectors.profiles.cases import (
    FILE,
    MINUTE,
    ORDERS_FILE,
    PARTITION,
    PLAIN,
    connector,
    judged,
    stored,
)
from unit.connectors.stripe_reporting.cases import DAY, HOUR, NOW

# Of several partitions one is silent: what each of these classes writes, and how long ago.
SPOOLED = {"connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector"}
S3 = {"connector.class": "io.aiven.kafka.connect.s3.source.S3SourceConnector"}
SQL_SERVER = {"connector.class": "io.debezium.connector.sqlserver.SqlServerConnector"}
HALF_SILENT = {
    "a file that is read": (
        SPOOLED,
        stored(Partition.of({"fileName": "day-1.csv"}), {"offset": 1200}, 30 * DAY),
        stored(Partition.of({"fileName": "day-30.csv"}), {"offset": 17}, HOUR),
    ),
    "an object that is read": (
        S3,
        stored(Partition.of({"bucket": "b", "objectKey": "day-1"}), {"recordCount": 5}, 3 * DAY),
        stored(Partition.of({"bucket": "b", "objectKey": "day-2"}), {"recordCount": 5}, HOUR),
    ),
    "a database without changes": (
        SQL_SERVER,
        stored(Partition.of({"database": "archive", "server": "s"}), {"commit_lsn": "00000027:00000d50:0003"}, 9 * DAY),
        stored(Partition.of({"database": "orders", "server": "s"}), {"commit_lsn": "00000028:00000d50:0003"}, MINUTE),
    ),
}


@pytest.mark.parametrize("config, silent, alive", HALF_SILENT.values(), ids=HALF_SILENT)
def test_a_partition_that_is_silent_while_its_connector_stores_others_is_not_stuck(
    config: Mapping[str, str], silent: StoredOffset, alive: StoredOffset
) -> None:
    found = {one.partition: one for one in judged(connector(config, silent, alive))}
    assert (found[silent.partition].verdict, found[alive.partition].verdict) == ("unknown", "ok")
    assert [one.code for one in found[silent.partition].reasons] == ["no_commit", "may_be_quiet"]


@pytest.mark.parametrize("other", ["silent as well", "written by a reset", "in the future", "deleted"])
def test_only_what_the_connector_has_stored_lately_shows_that_it_stores(other: str) -> None:
    silent = stored(PARTITION, {"x": 1}, 25 * HOUR)
    another = {
        "silent as well": stored(ORDERS_FILE, {"x": 1}, 26 * HOUR),
        "written by a reset": replace(stored(ORDERS_FILE, {"x": 1}, HOUR), reset_at=NOW - HOUR),
        "in the future": stored(ORDERS_FILE, {"x": 1}, -HOUR),
        "deleted": stored(ORDERS_FILE, None, HOUR),
    }[other]
    found = {one.partition: one.verdict for one in judged(connector(PLAIN, silent, another))}
    assert found[PARTITION] == "stuck"


def test_a_limit_that_a_profile_names_is_for_each_partition() -> None:
    silent = stored(ORDERS_FILE, {"position": 4711}, 3 * HOUR)
    alive = stored(Partition.of({"filename": "/data/orders.txt", "part": 2}), {"position": 1}, MINUTE)
    profile = read_profile({"name": "f", "connector_class": "FileStreamSource", "max_commit_age": "2h"}, "p")
    verdicts = judge_by_profile(connector(FILE, silent, alive), profile, Limits(), NOW)
    assert [one.verdict for one in verdicts] == ["stuck", "ok"]
