# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions are at work here: of the collection, of Ansible, of Python and of the libraries."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ansible.module_utils.ansible_release import __version__ as ansible_version
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION

_LIBRARIES = ("requests", "stripe", "croniter", "confluent-kafka")


def versions_here() -> dict[str, Any]:
    """The versions on the host that runs the task, as JSON data; None for a library that is not installed."""
    return {
        "connectops.recovery": VERSION,
        "ansible-core": ansible_version,
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {name: _installed(name) for name in _LIBRARIES},
    }


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
