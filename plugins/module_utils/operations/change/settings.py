# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the settings of one connector: decide with the connector's own validation, write, read back, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    is_surely_not_made,
)
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
    cluster: Cluster, connector: Connector, exact: Mapping[str, Any], at_least: Mapping[str, Any]
) -> tuple[tuple[SettingChange, ...], frozenset[str]]:
    """The changes of the settings, accepted by the connector's own validation, and the keys that hold secrets.

    Reads only. Raises InputError for what the connector refuses, or what could not be written safely.
    """
    if not exact and not at_least:
        return (), frozenset()
    now = cluster.validate(connector.connector_class, connector.config)
    cluster.hide(secret_values(connector.config, now.secret_keys))
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
    cluster.hide(secret_values(wanted, now.secret_keys))
    if "connector.class" not in wanted:
        raise InputError("config.connector.class: a connector without its class cannot exist; leave the key as it is.")
    after = cluster.validate(wanted["connector.class"], wanted)
    # A setting that was invalid before is left to the user.
    known = {(error.key, message) for error in now.errors for message in error.messages}
    for error in after.errors:
        for message in error.messages:
            if (error.key, message) not in known:
                raise InputError(f"Connector '{connector.name}' refuses {error.key}: {message.rstrip('.')}.")
    masked = masked_keys(connector.config)
    if masked and not cluster.supports("PATCH", "config"):
        raise InputError(
            f"Connect shows {', '.join(masked)} of connector '{connector.name}' masked, and this version can only write a whole"
            " config, so the mask would replace the secret: change the setting with the tool that knows the real secret."
        )
    return changes, now.secret_keys


class SettingsWriter:
    """Writes settings of one connector, and can undo what it has sent.

    ``may_come_later``: the answer to a write was lost and the new value was not seen, so a worker may still carry it out.
    """

    def __init__(self, cluster: Cluster, connector: str, sleep: Callable[[float], None]) -> None:
        self._cluster = cluster
        self._connector = connector
        self._sleep = sleep
        self._sent: tuple[SettingChange, ...] = ()
        self.may_come_later = False

    @property
    def has_sent(self) -> bool:
        """Whether anything may have been written."""
        return bool(self._sent)

    def write(self, changes: tuple[SettingChange, ...]) -> None:
        """Write the changes and read them back. Raises RecoveryError when they are not there afterwards.

        A key that has changed since the plan was made is refused before anything is sent.
        """
        current = self._unchanged_since(changes)
        self._sent = changes
        try:
            self._send(current, changes)
        except ConnectError as error:
            if is_surely_not_made(error):
                # If a key has the new value now, somebody else wrote it.
                self._sent = ()
            raise
        self._read_back(changes)

    def undo(self) -> None:
        """Undo what was sent; a key that has another value by now was changed by somebody else and is left.

        It can be called again after it has failed.
        """
        current = self._cluster.config(self._connector) if self._sent else {}
        back = tuple(
            SettingChange(change.key, change.after, change.before, change.secret)
            for change in self._sent
            if current.get(change.key) == change.after
        )
        if back:
            self._send(self._unchanged_since(back), back)
            self._read_back(back)

    def _unchanged_since(self, changes: tuple[SettingChange, ...]) -> dict[str, str]:
        """The config as it is now. Raises RecoveryError where a key has not the value that it is to be changed from."""
        current = {key: value for key, value in self._cluster.config(self._connector).items() if value is not None}
        for change in changes:
            if current.get(change.key) != change.before:
                raise RecoveryError(
                    f"Somebody else has changed {change.key} of connector '{self._connector}' since the plan was made: make a new"
                    " plan."
                )
        return current

    def _read_back(self, changes: tuple[SettingChange, ...]) -> None:
        missing = [change.key for change in changes]
        for _try in range(_READ_BACK_TRIES):
            written = self._cluster.config(self._connector)
            missing = [change.key for change in changes if written.get(change.key) != change.after]
            if not missing:
                self.may_come_later = False
                return
            self._sleep(_READ_BACK_PAUSE_SECONDS)
        raise RecoveryError(
            f"{', '.join(missing)} of connector '{self._connector}' does not have the new value after the write: check the config"
            " and run again."
        )

    def _send(self, current: dict[str, str], changes: tuple[SettingChange, ...]) -> None:
        try:
            if self._cluster.supports("PATCH", "config"):
                self._cluster.patch_config(self._connector, {change.key: change.after for change in changes})
            else:
                self._cluster.put_config(self._connector, changed_config(current, changes))
        except UnknownOutcome:
            # What is read next decides.
            self.may_come_later = True
