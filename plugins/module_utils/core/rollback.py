# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking back a change: what must be written now, what has changed since, and what cannot come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN, redacted_value
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


@dataclass(frozen=True)
class Consent:
    """What the user agrees to."""

    other_cluster: bool = False
    other_connector: bool = False
    changed_settings: bool = False
    moved_offsets: bool = False


@dataclass(frozen=True)
class Inverse:
    """What takes a change back: the old settings and offsets that are not there now; None for one that goes.

    ``changed_settings`` and ``moved_offsets`` are those among them that are not as the change left them either.
    ``secrets``: settings whose old value is in no backup.
    """

    settings: dict[str, str | None] = field(default_factory=dict, repr=False)
    offsets: dict[Partition, Offset | None] = field(default_factory=dict)
    changed_settings: tuple[str, ...] = ()
    moved_offsets: tuple[Partition, ...] = ()
    secrets: tuple[str, ...] = ()


def inverse_of(change: Change, connector: Connector) -> Inverse:
    """What takes the change back, for a connector as it is now. Nothing else is touched."""
    config, stored = connector.config, connector.stored
    settings = [one for one in change.settings if not one.is_secret and config.get(one.key) != one.before]
    offsets = [one for one in change.offsets if not same_offset(stored.get(one.partition), one.before)]
    return Inverse(
        settings={one.key: one.before for one in settings},
        offsets={one.partition: one.before for one in offsets},
        changed_settings=tuple(one.key for one in settings if config.get(one.key) != one.after),
        moved_offsets=tuple(one.partition for one in offsets if not same_offset(stored.get(one.partition), one.after)),
        secrets=tuple(one.key for one in change.settings if one.is_secret),
    )


def rolled_back_by(later: Sequence[Backup], backup: Backup) -> Backup | None:
    """The rollback that took back the change of ``backup`` and is still in force; None where there is none.

    ``later``: the backups of the changes that were carried out after it, newest first.
    """
    for number, one in enumerate(later):
        is_its = one.change is not None and one.change.rolls_back == backup.taken_at
        if is_its and rolled_back_by(later[:number], one) is None:
            return one
    return None


def check_backup(backup: Backup, connector: Connector, cluster_id: str, consent: Consent) -> Change:
    """The change of a backup. Raises InputError for one that does not belong to this connector, or holds nothing to take back."""
    name = f"{show_backup(backup)} of connector '{connector.name}'"
    if backup.change is None:
        raise InputError(
            f"The backup of {name} is of an older format, which does not say what was changed: restore its offsets with the"
            " strategy restore."
        )
    if not backup.is_original:
        raise InputError(
            f"The backup of {name} was edited by hand, so it is not known what was there before: restore its offsets with the"
            " strategy restore, which checks them."
        )
    if backup.change.has_nothing_to_take_back:
        secrets = " except secrets, which no backup holds" if backup.change.settings else ""
        raise InputError(f"There is nothing to take back from {name}: it changed no setting and no offset{secrets}.")
    if backup.cluster_id != cluster_id and not consent.other_cluster:
        raise InputError(
            f"The backup of {name} is of the Kafka cluster '{backup.cluster_id}', and this is '{cluster_id}': set"
            " allow_other_cluster to true if its offsets mean the same here."
        )
    others = list(other_settings(backup, connector))
    if others and not consent.other_connector:
        raise InputError(
            f"Since {name}, other settings have changed as well ({', '.join(others)}), so this may be another connector with the"
            " same name: set allow_other_connector to true if it is the same one."
        )
    return backup.change


def other_settings(backup: Backup, connector: Connector) -> Iterator[str]:
    """The settings that differ from the backup and that its change did not touch.

    Connect gives a connector no id: only its class and its settings show whether it is the same. Secrets cannot be
    compared.
    """
    touched = {one.key for one in backup.change.settings} if backup.change is not None else set()
    for key in sorted({*backup.config, *connector.config} - touched):
        then, now = backup.config.get(key), connector.config.get(key)
        if then == HIDDEN and now is not None:
            continue
        shown = redacted_value(key, now)
        # An older version of this collection may have hidden less.
        if then != shown and redacted_value(key, then) != shown:
            yield key


def problem_since(inverse: Inverse, backup: Backup, connector: str, consent: Consent) -> str | None:
    """Why the user must agree first, as the same things were changed since; None where that is not so, or was agreed to."""
    name = f"{show_backup(backup)} of connector '{connector}'"
    if inverse.changed_settings and not consent.changed_settings:
        values = "it with the old value" if len(inverse.changed_settings) == 1 else "them with the old values"
        return (
            f"Since {name}, somebody has changed {', '.join(inverse.changed_settings)}: set allow_changed_settings to true to"
            f" overwrite {values}."
        )
    if inverse.moved_offsets and not consent.moved_offsets:
        return (
            f"Since {name}, {_moved(inverse, backup)} moved on: read in the preview what a rollback skips and reads twice, and"
            " set allow_moved_offsets to true to agree to it."
        )
    return None


def remarks_on(inverse: Inverse, backup: Backup) -> Iterator[str]:
    """What a person should know before agreeing, a sentence each."""
    if not inverse.settings and not inverse.offsets:
        yield f"There is nothing to take back from {show_backup(backup)}: nothing that it wrote is there any more."
        yield from lost_secrets(inverse)
        return
    strategy = "" if backup.change is None else f", strategy {backup.change.strategy}"
    by = f" by {backup.made_by}" if backup.made_by else ""
    yield f"Takes back {show_backup(backup)}{by}{strategy}."
    if inverse.changed_settings:
        yield f"Since then somebody has changed {', '.join(inverse.changed_settings)}; the rollback overwrites that."
    if inverse.moved_offsets:
        them = "it" if len(inverse.moved_offsets) == 1 else "them"
        yield f"Since then {_moved(inverse, backup)} moved on; the rollback sets {them} back too."
    yield from lost_secrets(inverse)


def _moved(inverse: Inverse, backup: Backup) -> str:
    """Which offsets have moved on, with the verb."""
    count = len(inverse.moved_offsets)
    if count > 1 and backup.change is not None and count == len(backup.change.offsets):
        return f"all {count} offsets that it changed have"
    partitions = ", ".join(map(str, inverse.moved_offsets))
    return f"the offset of {partitions} has" if count == 1 else f"the offsets of {partitions} have"


def lost_secrets(inverse: Inverse) -> Iterator[str]:
    """A sentence about the secrets that stay as the change left them, if there are any."""
    if inverse.secrets:
        yield (
            f"{', '.join(inverse.secrets)} cannot be brought back: a backup holds no secret. Set the old value by hand."
        )


def show_backup(backup: Backup) -> str:
    """``plan a023b263b866 of 2026-11-24 07:16Z``"""
    try:
        moment = show_moment(int(datetime.fromisoformat(backup.taken_at).timestamp()))
    except ValueError:
        # Somebody has edited it.
        moment = backup.taken_at
    return f"plan {backup.plan_id} of {moment}"
