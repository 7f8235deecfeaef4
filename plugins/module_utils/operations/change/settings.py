# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding and writing settings of a connector, with the server's word on them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import (
    SettingChange,
    changed_config,
    decide_settings,
    masked_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)

# A worker may show the old config for a moment after the write was answered, for 0.13 s at the worst seen.
_READ_BACK_TRIES = 50
_READ_BACK_PAUSE_SECONDS = 0.1


def decide_with_server(
    client: ConnectClient, connector: Connector, exact: Mapping[str, Any], at_least: Mapping[str, Any]
) -> tuple[tuple[SettingChange, ...], frozenset[str]]:
    """The changes of the settings, accepted by the connector's own validation, and the keys that hold secrets.

    Reads only. Raises InputError for what the connector refuses, or what could not be written safely.
    """
    if not exact and not at_least:
        return (), frozenset()
    now = client.validate(connector.connector_class, connector.config)
    client.hide(secret_values(connector.config, now.secret_keys))
    changes = decide_settings(
        connector.config,
        exact,
        at_least,
        defaults=now.defaults,
        secret_keys=now.secret_keys,
        name=connector.name,
    )
    if not changes:
        return (), now.secret_keys
    wanted = changed_config(connector.config, changes)
    client.hide(secret_values(wanted, now.secret_keys))
    if "connector.class" not in wanted:
        raise InputError("config.connector.class: a connector without its class cannot exist; leave the key as it is.")
    after = client.validate(wanted["connector.class"], wanted)
    # What was invalid before is not for this task to judge.
    known = {(error.key, message) for error in now.errors for message in error.messages}
    for error in after.errors:
        for message in error.messages:
            if (error.key, message) not in known:
                raise InputError(f"Connector '{connector.name}' refuses {error.key}: {message.rstrip('.')}.")
    masked = masked_keys(connector.config)
    if masked and not client.supports("PATCH", "config"):
        raise InputError(
            f"Connect shows {', '.join(masked)} of connector '{connector.name}' masked, and this version can only write a whole"
            " config, so the mask would become the secret: change the config where the real secret is known."
        )
    return changes, now.secret_keys


def undo_settings(client: ConnectClient, name: str, changes: tuple[SettingChange, ...]) -> None:
    """Take back those of the changes that were written; a key that has another value by now is somebody else's."""
    current = client.config(name)
    undo = tuple(
        SettingChange(change.key, change.after, change.before, change.secret)
        for change in changes
        if current.get(change.key) == change.after
    )
    if undo:
        write_settings(client, name, undo)


def write_settings(client: ConnectClient, name: str, changes: tuple[SettingChange, ...]) -> None:
    """Write the changes and read them back. Raises RecoveryError when they are not there afterwards.

    A key that moved since the plan was made is refused before anything is written.
    """
    current = {key: value for key, value in client.config(name).items() if value is not None}
    for change in changes:
        if current.get(change.key) != change.before:
            raise RecoveryError(
                f"{change.key} of connector '{name}' was changed by somebody else meanwhile: make a new plan."
            )
    try:
        if client.supports("PATCH", "config"):
            client.patch_config(name, {change.key: change.after for change in changes})
        else:
            client.put_config(name, changed_config(current, changes))
    except UnknownOutcome:
        # Whether it was written is settled by reading.
        pass
    missing: list[str] = []
    for _try in range(_READ_BACK_TRIES):
        written = client.config(name)
        missing = [change.key for change in changes if written.get(change.key) != change.after]
        if not missing:
            break
        time.sleep(_READ_BACK_PAUSE_SECONDS)
    if missing:
        raise RecoveryError(
            f"{', '.join(missing)} of connector '{name}' does not have the new value after the write: look at"
            " the config and run again."
        )
