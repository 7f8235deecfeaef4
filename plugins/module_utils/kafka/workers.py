# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workers of a Connect cluster, as the coordinator of their group has them."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Collection
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

_PROTOCOL = "connect"
_LENGTH = struct.Struct(">h")


def find_workers(options: KafkaOptions, known: Collection[str]) -> frozenset[str]:
    """The addresses (``host:port``) of all workers of the group that one of the ``known`` workers is in.

    Empty where no such group is found, or the brokers cannot be asked, or do not show it to this user.
    """
    try:
        connection = Connection(options)
        try:
            return _workers(connection, known)
        finally:
            connection.close()
    except errors.KafkaFailed:
        return frozenset()


def _workers(connection: Connection, known: Collection[str]) -> frozenset[str]:
    # With what is wrong about the brokers' addresses or the login said soon.
    connection.metadata()
    # The library's newer calls do not return what members say of themselves; without the older one no worker is known.
    if not hasattr(connection.admin, "list_groups"):
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            groups = connection.admin.list_groups(timeout=connection.remaining("the list of groups"))
    except connection.library.KafkaException:
        return frozenset()
    for group in groups:
        if group.protocol_type != _PROTOCOL or group.error is not None:
            continue
        addresses = [address_of(member.metadata) for member in group.members]
        # While the group rebalances, its members return no metadata.
        if None not in addresses and not set(addresses).isdisjoint(known):
            return frozenset(address for address in addresses if address is not None)
    return frozenset()


def address_of(metadata: bytes) -> str | None:
    """The address of a worker from its group metadata: a version, then its URL. None if that cannot be read."""
    start = 2 * _LENGTH.size
    if len(metadata) < start:
        return None
    (length,) = _LENGTH.unpack_from(metadata, _LENGTH.size)
    url = metadata[start : start + max(length, 0)]
    if len(url) != length:
        return None
    return urlsplit(url.decode(errors="replace")).netloc or None
