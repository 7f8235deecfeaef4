# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups go."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.retention import no_longer_kept
from hypothesis import given
from hypothesis import strategies as st

# Newest first: 23, 22, … 14 November, at noon.
DAYS = range(23, 13, -1)
BACKUPS = [(f"b{day}", f"2026-11-{day}T12:00:00.000000+00:00") for day in DAYS]
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("keep", "days", "named", "deleted"),
    [
        (None, None, (), []),
        (8, None, (), ["b14", "b15"]),
        (10, None, (), []),
        (1, None, ("b15", "b23"), ["b14", *(f"b{day}" for day in range(16, 23))]),
        (None, 8.5, (), ["b14", "b15"]),
        # At its age exactly a backup is still kept.
        (None, 9.0, (), ["b14"]),
        (8, 9.0, (), ["b14"]),
        (9, 8.5, (), ["b14"]),
        (None, 0.1, (), [f"b{day}" for day in range(14, 23)]),
    ],
)
def test_a_backup_goes_when_no_limit_keeps_it(
    keep: int | None, days: float | None, named: tuple[str, ...], deleted: list[str]
) -> None:
    assert no_longer_kept(BACKUPS, keep, days, NOW, named) == deleted


@given(
    keep=st.none() | st.integers(1, 12),
    days=st.none() | st.floats(0.01, 20),
    now=st.floats(NOW - 2e6, NOW + 2e6),
    named=st.sets(st.sampled_from([name for name, _at in BACKUPS])),
)
def test_the_newest_and_what_a_journal_names_always_stay(
    keep: int | None, days: float | None, now: float, named: set[str]
) -> None:
    deleted = no_longer_kept(BACKUPS, keep, days, now, named)
    assert not {BACKUPS[0][0], *named} & set(deleted)
    assert len(BACKUPS) - len(deleted) >= min(keep or 1, len(BACKUPS))


def test_without_backups_nothing_goes() -> None:
    assert no_longer_kept([], 1, 1.0, NOW, ()) == []
