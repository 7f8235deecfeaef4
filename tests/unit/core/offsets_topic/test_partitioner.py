# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The topic partition of a key, as Kafka's own tests have the hash."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.partitioner import (
    topic_partition_of,
)


# Of UtilsTest.testMurmur2 in Kafka.
@pytest.mark.parametrize(
    "key, hashed",
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_it_is_the_positive_hash_of_kafka(key: str, hashed: int) -> None:
    assert topic_partition_of(key.encode(), 2**31) == hashed & 0x7FFFFFFF
    assert topic_partition_of(key.encode(), 25) == (hashed & 0x7FFFFFFF) % 25
