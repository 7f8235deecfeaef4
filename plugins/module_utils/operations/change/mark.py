# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark in a connector's config that a run is changing it: write it, look at it before each further write, remove it.

Connect's config has no compare-and-set. So a read after the write decides: of two runs that mark at the same moment, the
later writer wins, and the other one backs off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    OF_THE_CLUSTER,
    AccessDenied,
    ConnectError,
    NotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)

# A worker may show the old config for a moment after the write was answered.
_READ_TRIES = 50
# What another worker shows for a moment only is not a finding.
_LOOK_TRIES = 5
_PAUSE_SECONDS = 0.1
# No run gets from its mark to its first write in this time, so a read of this age still shows any other run.
_FRESH_SECONDS = 0.3


class HeldByOther(RecoveryError):
    """Another run changes the connector: this run must not write, undo or return anything any more."""


class Meddled(RecoveryError):
    """Somebody has changed the connector meanwhile: nothing may be written on top of that."""


class MarkGone(Meddled):
    """Somebody has removed the mark. Another run may have come and gone, so nothing may be undone either."""


class ConfigMark:
    """The mark of one change of one connector, in place of that of a run that has ended (``over``).

    ``is_set``: it was seen to be there.
    """

    def __init__(
        self,
        cluster: Cluster,
        connector: str,
        hold: Hold,
        sleep: Callable[[float], None],
        over: Hold | None = None,
    ) -> None:
        self._cluster = cluster
        self._connector = connector
        self._text = hold.as_text()
        self._nobodys = (None, *([over.as_text()] if over is not None else []))
        self._sleep = sleep
        # As remaining seconds; None: another run may have come since.
        self._looked_at: float | None = None
        self.is_set = False

    def look(self) -> None:
        """See that no other run holds the connector, right before it is stopped. Raises RecoveryError.

        After the stop a read waits for a rebalance, and a run that is killed meanwhile leaves no mark.
        """
        # It is asked once, so :meth:`take` need not wait for it, and nothing comes between the look and what follows it.
        self._cluster.supports("PATCH", "config")
        looked_at = self._cluster.remaining_seconds()
        found = self._cluster.config(self._connector).get(HOLD_KEY)
        if found not in self._nobodys:
            raise self._held_by(found)
        self._looked_at = looked_at

    def take(self) -> str | None:
        """Write the mark, right after :meth:`look` without a read in between.

        Returns a warning if it cannot be written; then only the journal shows the change. Raises HeldByOther, or another
        RecoveryError when Connect cannot be asked; nothing else has been changed before that.
        """
        if self._looked_at is None or self._looked_at - self._cluster.remaining_seconds() > _FRESH_SECONDS:
            self.look()
        self._looked_at = None
        if not self._cluster.supports("PATCH", "config"):
            return self._cannot("this version of Kafka Connect can only write a whole config")
        refusal: ConnectError | None = None
        try:
            self._cluster.patch_config(self._connector, {HOLD_KEY: self._text})
        except UnknownOutcome:
            pass  # what is read next decides
        except NotFound:
            raise
        except AccessDenied as error:
            refusal = error
        except OF_THE_CLUSTER:
            raise
        except ConnectError as error:
            refusal = error
        for _try in range(_LOOK_TRIES if refusal is not None else _READ_TRIES):
            found = self._cluster.config(self._connector).get(HOLD_KEY)
            if found == self._text:
                self.is_set = True
                return None
            if found not in self._nobodys:
                raise self._held_by(found)
            self._sleep(_PAUSE_SECONDS)
        return self._cannot("it is not there after the write" if refusal is None else refusal.sentence[:-1])

    def demand(self, expected: Mapping[str, str] | None = None) -> None:
        """Raises HeldByOther or MarkGone unless the mark is there; ``expected``: and Meddled unless the config is this one."""
        problem: RecoveryError | None = None
        for _try in range(_LOOK_TRIES):
            problem = self._problem(expected)
            if problem is None:
                return
            self._sleep(_PAUSE_SECONDS)
        if problem is not None:
            raise problem

    def demand_own(self) -> None:
        """Raises HeldByOther or MarkGone unless the mark is there. Where the config cannot be read, nothing is raised."""
        problem = self._readable_problem()
        if problem is not None:
            raise problem

    def demand_nobody_else(self) -> None:
        """Raises HeldByOther when another run holds the connector, and NotFound when it is gone.

        Where its config cannot be read, nothing is raised: a connector that is left STOPPED is worse.
        """
        problem = self._readable_problem()
        if isinstance(problem, HeldByOther):
            raise problem

    def _readable_problem(self) -> RecoveryError | None:
        try:
            return self._problem(None)
        except NotFound:
            raise
        except ConnectError:
            return None

    def release(self) -> str | None:
        """Remove the mark if it is this one; a warning where it stays. It is not an error that it is gone already."""
        problem = "it is still there"
        for number in range(_LOOK_TRIES):
            # As a rule the first write has removed it: a run that is killed before the return leaves a connector without a mark.
            if number > 1:
                self._sleep(_PAUSE_SECONDS)
            try:
                if self._cluster.config(self._connector).get(HOLD_KEY) != self._text:
                    self.is_set = False
                    return None
                self._cluster.patch_config(self._connector, {HOLD_KEY: None})
            except NotFound:
                return None
            except UnknownOutcome:
                pass  # what is read next decides
            except ConnectError as error:
                problem = error.sentence[:-1]
        return (
            f"The setting {HOLD_KEY} of connector '{self._connector}' could not be removed ({problem}): other runs wait until"
            " the time in the mark has passed; the next run then removes the mark."
        )

    def _problem(self, expected: Mapping[str, str] | None) -> RecoveryError | None:
        config = self._cluster.config(self._connector)
        found = config.get(HOLD_KEY)
        if found not in (*self._nobodys, self._text):
            return self._held_by(found)
        if self.is_set and found != self._text:
            return MarkGone(
                f"Somebody has removed the mark {HOLD_KEY} of connector '{self._connector}' while it was being changed: another"
                " run has come in between, an operator such as Strimzi or a tool such as Terraform has put back the config, or "
                "the connector was created again."
            )
        if expected is None:
            return None
        now = {key: value for key, value in without_hold(config).items() if value is not None}
        changed = sorted(key for key in {**now, **expected} if now.get(key) != expected.get(key))
        if not changed:
            return None
        return Meddled(
            f"Somebody else has changed {', '.join(changed)} of connector '{self._connector}' while it was being changed."
        )

    def _held_by(self, text: str | None) -> HeldByOther:
        try:
            who = str(Hold.from_text(text or ""))
        except InputError:
            who = "one whose mark cannot be read"
        return HeldByOther(
            f"Another run has begun to change connector '{self._connector}' at the same time, {who}: this run leaves the "
            "connector to it. Look at the connector when that run has ended."
        )

    def _cannot(self, why: str) -> str:
        return (
            f"Connector '{self._connector}' cannot be marked as being changed ({why}): other runs cannot see that this run "
            "changes it, and if this run is killed, only its journal shows to which state the connector must return."
        )
