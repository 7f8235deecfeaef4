# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one part of a run leaves to the next: in Ansible's own temporary folder of this run, which ends with it.

Hosts run in separate processes, and the data of other batches would have to be searched for in their hosts' variables.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ansible import constants
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import first_lines, in_short
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

_NAME = "connectops-run.json"


@dataclass(frozen=True)
class RunNotes:
    """``selected``: the clusters in which something is to be changed. ``failed``: a failure of a cluster before that, or empty.

    ``batch``: the clusters of the batch before. ``stopped``: why the run does not go on, or empty. ``done``: the number of
    clusters of all batches so far. ``troubled``: the clusters in which something may have failed, and one healthy one
    if there are both; None before the report.
    """

    selected: tuple[str, ...] = ()
    failed: str = ""
    batch: tuple[str, ...] = ()
    stopped: str = ""
    done: int = 0
    troubled: tuple[str, ...] | None = None

    @classmethod
    def read(cls) -> RunNotes:
        """The notes of this run; empty ones if nothing was noted."""
        path = _path()
        if not path.exists():
            return cls()
        found = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return cls(**{**found, **lists})

    def write(self) -> None:
        # In one step: another process may read them meanwhile.
        os.replace(keep_document(asdict(self)), _path())

    def with_batch(self, batch: tuple[str, ...], stopped: str) -> RunNotes:
        """The notes when a batch begins, or does not because the run has ``stopped``."""
        return replace(self, batch=batch, stopped=stopped, done=self.done + (0 if stopped else len(batch)))


def keep_document(document: Mapping[str, Any]) -> str:
    """Keep JSON data until the run ends, for one that gets the returned path. Raises RecoveryError."""
    folder = constants.DEFAULT_LOCAL_TMP
    try:
        descriptor, path = tempfile.mkstemp(".json", "connectops-", folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(document))
    except OSError as error:
        raise RecoveryError(
            f"Ansible's temporary folder {folder} cannot be written ({error.strerror}): make room there, or set"
            " ANSIBLE_LOCAL_TEMP to another folder."
        ) from error
    return path


def kept_document(path: str) -> dict[str, Any]:
    """The data that :func:`keep_document` has kept under this path, in this run."""
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def result_in_short(result: Mapping[str, Any]) -> dict[str, Any]:
    """A task's result with its connectors in short and the first of its lines; all of them are kept until the run ends.

    Where they cannot be kept they stay in the result, which must not be lost: it may be that of a change.
    """
    if "connectors" not in result:
        return dict(result)
    try:
        path = keep_document({name: result[name] for name in ("connectors", "preview") if name in result})
    except RecoveryError:
        return dict(result)
    lines = {"preview": first_lines(result["preview"])} if "preview" in result else {}
    return {**result, "connectors": in_short(result["connectors"]), **lines, "result_file": path}


def whole_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result that :func:`result_in_short` was given; any other as it is."""
    return {**result, **kept_document(result["result_file"])} if "result_file" in result else dict(result)


def _path() -> Path:
    return Path(constants.DEFAULT_LOCAL_TMP) / _NAME
