# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is told when a third-party library is not installed."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


class MissingLibrary(RecoveryError):
    """A Python library is not installed where the task runs; nothing was read or written."""


def missing_library(name: str, error: ImportError) -> MissingLibrary:
    """Return (not raise) the exception for the library ``name``, worded as Ansible words it everywhere."""
    # Only the failure path needs Ansible: everything that may lack a library stays importable without it.
    from ansible.module_utils.basic import missing_required_lib

    return MissingLibrary(missing_required_lib(name), library=name, import_error=str(error))
