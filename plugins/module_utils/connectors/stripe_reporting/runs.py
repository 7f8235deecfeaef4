# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report runs, as a Stripe account lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN

# Stripe's keys have a known prefix. Match up to the last sign of a word, since a mask may be within, or at the end.
_KEY = re.compile(r"\b[a-z]{2,4}_(?:org_)?(?:live|test)_\S*[\w*]")


# ``lost``: Stripe does not know the run; ``file_lost``: its file alone is gone; ``unknown``: it could not be asked.
RunStatus = Literal["succeeded", "pending", "failed", "lost", "file_lost", "unknown"]


@dataclass(frozen=True)
class ReportRun:
    """One report run. ``start``, ``end``, ``created`` and ``succeeded_at`` are epoch seconds.

    ``status`` is ``pending``, ``succeeded`` or ``failed``; ``error`` holds Stripe's words on a failed one. ``file_url``:
    where the file of a succeeded one is, ``file_bytes`` its size.
    """

    id: str
    report_type: str
    start: int
    end: int
    created: int
    status: RunStatus
    succeeded_at: int | None = None
    error: str | None = None
    file_url: str | None = None
    file_bytes: int | None = None

    @property
    def took_seconds(self) -> int | None:
        """How long Stripe took for it, None for one that has not succeeded."""
        return None if self.succeeded_at is None else max(0, self.succeeded_at - self.created)


@dataclass(frozen=True)
class RunHistory:
    """The report runs of one account (one timezone), newest first; those created before ``complete_since`` may lack."""

    runs: tuple[ReportRun, ...]
    complete_since: int


def without_keys(words: str) -> str:
    """Words of Stripe's or about it without any API key in them, whole or masked by Stripe."""
    return _KEY.sub(HIDDEN, words)
