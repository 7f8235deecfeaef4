# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which topic partition Kafka's Java producer, and so a Connect worker, puts a key."""

from __future__ import annotations

_BITS_32 = 0xFFFFFFFF
_SEED, _MULTIPLIER = 0x9747B28C, 0x5BD1E995


def topic_partition_of(key: bytes, topic_partitions: int) -> int:
    """The number of the topic partition, of a topic with this number of topic partitions."""
    return (_murmur2(key) & 0x7FFFFFFF) % topic_partitions


def _murmur2(data: bytes) -> int:
    """The 32-bit hash of Kafka's ``Utils.murmur2``, as an unsigned number."""
    hashed = _SEED ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _MULTIPLIER & _BITS_32
        word = (word ^ word >> 24) * _MULTIPLIER & _BITS_32
        hashed = hashed * _MULTIPLIER & _BITS_32 ^ word
    if len(data) > whole:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _BITS_32
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _BITS_32
    return hashed ^ hashed >> 15
