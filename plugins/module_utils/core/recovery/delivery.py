# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connector delivers, and what its log says while it does: what a verification looks for outside of Connect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """``topics``: the topics that it delivers to; empty where these are not known.

    ``record_field``: the field of a record's JSON value that holds the ``partition_field`` of the source partition that it came
    from; None where records do not tell it. ``progress``, ``failure`` and ``timeout``: regular expressions for lines of its log
    that say that records were made, that a poll failed, and that it failed for lack of time. None: it has no line of its own.
    """

    topics: tuple[str, ...] = ()
    record_field: str | None = None
    partition_field: str | None = None
    progress: str | None = None
    failure: str | None = None
    timeout: str | None = None
