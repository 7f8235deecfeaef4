# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mark in a connector's config and the journal say of a change that another run has begun and not ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS, show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState, State
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

HOW_TO_FINISH = "run recover for this connector to finish it"

# A connector that has been STOPPED for longer than this may be so because a person wants it.
_FRESH_SECONDS = DAY_SECONDS


class JournalLike(Protocol):
    """What of a journal counts here, see ``backups/store.py``."""

    @property
    def plan_id(self) -> str: ...

    @property
    def prior_state(self) -> LastingState: ...

    @property
    def backup_file(self) -> str: ...

    @property
    def begun_at(self) -> float: ...

    @property
    def hold_id(self) -> str: ...

    @property
    def may_be_unmarked(self) -> bool: ...


@dataclass(frozen=True)
class Unfinished:
    """What must be considered before a connector is changed.

    ``problem``: why it must not be changed now, None: it may. ``begun_in``: the state to which it must be returned,
    None: its state is the wanted one. ``remark``: a sentence on the change that is taken over. ``over``: the mark that
    the next one replaces. ``is_held``: another run may be at work.
    """

    problem: str | None = None
    begun_in: LastingState | None = None
    remark: str | None = None
    over: Hold | None = None
    is_held: bool = False

    @property
    def is_nothing(self) -> bool:
        return self == Unfinished()


def hold_of(connector: Connector) -> Hold | None:
    """The mark of the connector; None when there is none, or it cannot be read."""
    try:
        return None if connector.hold_text is None else Hold.from_text(connector.hold_text)
    except InputError:
        return None


def judge_unfinished(
    connector: Connector, journal: JournalLike | None, now: float, *, holder_has_ended: bool
) -> Unfinished:
    """``now`` is epoch seconds; ``holder_has_ended``: the process that the mark names is known to be gone."""
    if connector.hold_text is None:
        return Unfinished() if journal is None else _of_journal(connector, journal, now)
    name = connector.name
    try:
        hold = Hold.from_text(connector.hold_text)
    except InputError as error:
        return Unfinished(
            is_held=True,
            problem=f"Connector '{name}': {error.message}. Find out who wrote it; when no run is under way, remove it:"
            f' PATCH /connectors/{name}/config with {{"{HOLD_KEY}": null}}.',
        )
    is_own = journal is not None and journal.hold_id == hold.id
    if now <= hold.until and not (is_own and holder_has_ended):
        return Unfinished(
            is_held=True,
            problem=f"Connector '{name}' is being changed by another run, {hold}: nothing was changed. Wait until that run has "
            f"ended. If it was killed, run again after {show_moment(hold.until)} to finish its change.",
        )
    begun_in = state_to_return_to(connector.state, hold.prior_state)
    if _may_be_wanted(connector, begun_in) and now > hold.until + _FRESH_SECONDS:
        return Unfinished(problem=_stopped_long_ago(connector, f"mark {HOLD_KEY}", f"the run that has ended, {hold}"))
    backup = (
        f"its backup is {journal.backup_file}"
        if is_own and journal is not None
        else "its backup is not on this host, so offsets and settings may be the old ones or those of its plan"
    )
    remark = f"Connector '{name}' has an unfinished change ({hold}; {backup}): {_end(connector, begun_in)}."
    return Unfinished(None, begun_in, remark, hold)


def _of_journal(connector: Connector, journal: JournalLike, now: float) -> Unfinished:
    """Where no mark is found: none could be written, its run had ended but for the journal, or somebody has removed it."""
    begun_in = state_to_return_to(connector.state, journal.prior_state)
    is_fresh = now <= journal.begun_at + _FRESH_SECONDS
    has_ended = bool(journal.hold_id) and not journal.may_be_unmarked
    if _may_be_wanted(connector, begun_in) and (has_ended or not is_fresh):
        since = show_moment(int(journal.begun_at)) if journal.begun_at else "an unknown time"
        return Unfinished(
            problem=_stopped_long_ago(
                connector, "journal", f"a run of {since}, plan {journal.plan_id}", "without its mark"
            )
        )
    said = f"plan {journal.plan_id}, backup {journal.backup_file}"
    remark = f"Connector '{connector.name}' has an unfinished change ({said}): {_end(connector, begun_in)}."
    return Unfinished(None, begun_in, remark)


def _stopped_long_ago(connector: Connector, what: str, run: str, how: str = "") -> str:
    return (
        f"Connector '{connector.name}' is {connector.state}, and it is not known why: {run}, may have left it"
        f" STOPPED{f' ({how})' if how else ''}, or a person stopped it on purpose. To let it run, send PUT"
        f" /connectors/{connector.name}/resume; to keep it STOPPED, remove the {what} of that run. Then run again."
    )


def state_to_return_to(state: State, prior: LastingState) -> LastingState | None:
    """None for a connector that runs or is paused: the change had not begun, or had ended, or a person wants it so."""
    return None if state in ("RUNNING", "PAUSED") else prior


def _may_be_wanted(connector: Connector, begun_in: LastingState | None) -> bool:
    """Whether a person may want the state that the connector would be returned from."""
    return connector.state == "STOPPED" and begun_in not in (None, "STOPPED")


def _end(connector: Connector, begun_in: LastingState | None) -> str:
    if begun_in is None:
        return f"it is {connector.state} now, and stays so"
    return f"it will be returned to {begun_in}"
