# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of the collection's exceptions."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


class RecoveryError(Exception):
    """Something a person must know: one sentence that says what was wrong, where, and what to do.

    ``facts`` holds the same as data (JSON values only, never a secret); it is merged into the failed task's result.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, Any] = facts

    @property
    def sentence(self) -> str:
        """The message with a full stop, which words quoted from elsewhere may lack, so that another can follow it."""
        return self.message if self.message.endswith((".", "?", "!")) else f"{self.message}."


def unexpected(name: str, error: Exception, what: str = "Connector") -> RecoveryError:
    """The error of one connector, or cluster, for an exception that the code does not expect. The others continue.

    It says where the exception occurred. It leaves out the exception's text, which may contain a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return RecoveryError(
        f"{what} '{name}': an unexpected error ({type(error).__name__}{where}): report it as a defect of"
        " connectops.recovery."
    )


class InputError(RecoveryError):
    """The user's own input is wrong; nothing was read or written because of it."""


class UnknownOutcome(RecoveryError):
    """A write was sent and its answer was lost: read the state before you decide anything."""
