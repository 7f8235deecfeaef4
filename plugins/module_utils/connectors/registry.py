# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of connectors that the collection knows: a folder each, and a line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import ConnectorKind
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.kind import Sinks
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import OWN_OFFSETS_TOPIC, Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Results
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import KindReport
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

Kinds = Sequence[ConnectorKind[Any]]

# What decides which kind a connector is of, and where its offsets are.
_SETTINGS_OF_ALL = frozenset({"connector.class", OWN_OFFSETS_TOPIC, "tasks.max"})

# The first that fits a connector counts, and the last fits all.
KINDS: tuple[type[ConnectorKind[Any]], ...] = (StripeReporting, Sinks, Profiles)


def kinds_from(params: Mapping[str, Any], shared: Sharing) -> Kinds:
    """The kinds with their options. Raises InputError for an option that cannot work."""
    taken = {kind.name for kind in KINDS}
    for number, one in enumerate(params.get("profiles") or ()):
        # Results and reports would take its connectors for those of that kind.
        name = one.get("name") if isinstance(one, Mapping) else None
        if isinstance(name, str) and name in taken:
            raise InputError(f"profiles[{number}]: the name {name} has a meaning already: write another name.")
    return tuple(kind.read(params, shared) for kind in KINDS)


def libraries_of_kinds(params: Mapping[str, Any]) -> list[str]:
    """The modules that a task with these parameters may import for its kinds."""
    return [name for kind in KINDS for name in kind.libraries(params)]


def secrets_of(kinds: Kinds) -> Iterator[str]:
    """Every secret among the options of the kinds."""
    return (secret for kind in kinds for secret in kind.secrets())


def shown_settings(kinds: Kinds, connector: Connector) -> dict[str, str | None]:
    """The settings of a connector that explain a verdict or a plan, secrets among them hidden.

    Nothing is known about all other settings, so they are not shown: what is not shown cannot leak.
    """
    names = _SETTINGS_OF_ALL | kind_of(kinds, connector).settings
    return redacted({name: value for name, value in connector.config.items() if name in names})


def report_of_kind(results: Results) -> KindReport:
    """What the kind of a connector adds to the report on it. A connector that was never judged has the last kind."""
    kind = next((one for one in KINDS if one.name in results.profiles), KINDS[-1])
    return kind.report(results)


def kind_of(kinds: Kinds, connector: Connector) -> ConnectorKind[Any]:
    return next(kind for kind in kinds if kind.fits(connector))
