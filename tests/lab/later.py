# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets time pass in a lab without waiting: makes its backups and samples older."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup

HOUR_SECONDS = 3600


def let_pass(backups: Path, hours: int) -> tuple[int, int]:
    """Make all changes in a folder of backups that many hours older, and all samples; returns how many there are of each."""
    changes = list(backups.rglob("2*Z-*.json"))
    for path in changes:
        _age_backup(path, hours)
    for path in backups.rglob("2*Z-*.result"):
        content = _read(path)
        if "returned_at" in content:
            _write(path, {**content, "returned_at": content["returned_at"] - hours * HOUR_SECONDS})
    samples = [_age_samples(path, hours) for path in backups.rglob("samples.json")]
    return len(changes), sum(samples)


def _age_backup(path: Path, hours: int) -> None:
    backup = Backup.from_data(_read(path), str(path))
    taken_at = datetime.fromisoformat(backup.taken_at) - timedelta(hours=hours)
    _write(path, replace(backup, taken_at=taken_at.isoformat(timespec="microseconds")).as_data())


def _age_samples(path: Path, hours: int) -> int:
    content = _read(path)
    aged = [{**one, "at": one["at"] - hours * HOUR_SECONDS} for one in content["samples"]]
    _write(path, {**content, "samples": aged})
    return len(aged)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
