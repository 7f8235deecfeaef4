# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of a fleet: what the settings of each class of connectors must be, from YAML, checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.given import Given
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.reading import read_rule
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Format, SettingRule
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.topics import TopicRule
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean

WHERE = "policy"


@dataclass(frozen=True)
class BuiltIn:
    """A class that the collection knows. ``defaults`` is what counts where a policy says nothing, written like a policy.

    ``fits``: whether a connector is of the class. ``topics``: the topics that a connector with this config writes to.
    """

    name: str
    defaults: Mapping[str, Any]
    fits: Callable[[Connector], bool]
    topics: Callable[[Mapping[str, str]], tuple[str, ...]]
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True)
class ClassPolicy:
    """The rules of one class. ``topics`` None: its topics are not looked at.

    ``topics_of``: as in :class:`BuiltIn`; None for a user's class: the workers return the topics to which it writes.
    """

    name: str
    fits: Callable[[Connector], bool]
    rules: tuple[SettingRule, ...]
    topics: TopicRule | None = None
    topics_of: Callable[[Mapping[str, str]], tuple[str, ...]] | None = None

    @property
    def is_built_in(self) -> bool:
        return self.topics_of is not None


@dataclass(frozen=True)
class Policy:
    """All classes; those of the user come first, so that they can single out connectors of a class that is built in."""

    classes: tuple[ClassPolicy, ...] = field(default=())

    def class_of(self, connector: Connector) -> ClassPolicy | None:
        """The first class that the connector is of."""
        return next((one for one in self.classes if one.fits(connector)), None)


def read_policy(data: Any, built_in: Sequence[BuiltIn]) -> Policy:
    """The option ``policy``. Raises InputError for the first mistake, in one sentence that names its place."""
    given = Given(data, WHERE)
    given.demand_map("write the name of a class of connectors and its rules")
    known = {one.name: one for one in built_in}
    own = [_read_own(given.inner(name), name, known) for name in given.data if name not in known]
    return Policy((*own, *_built_in(given, built_in)))


def _built_in(given: Given, built_in: Sequence[BuiltIn]) -> list[ClassPolicy]:
    classes = []
    for one in built_in:
        of_user = Given(given.data.get(one.name) or {}, f"{WHERE}.{one.name}")
        of_user.only("check", "settings", "topics")
        if not of_user.truth("check", default=True):
            continue
        defaults = Given(one.defaults, f"{WHERE}.{one.name}")
        settings = {**one.defaults["settings"], **of_user.map("settings")}
        topics = TopicRule.read(of_user.inner("topics") if of_user.has("topics") else defaults.inner("topics"))
        classes.append(ClassPolicy(one.name, one.fits, _rules(of_user, settings, one.formats), topics, one.topics))
    return classes


def _read_own(given: Given, name: str, known: Mapping[str, BuiltIn]) -> ClassPolicy:
    given.demand_map("its keys are connector_class, settings and topics")
    if not given.has("connector_class"):
        otherwise = "write the class, or the classes, to which these rules apply."
        raise given.wrong(f"connector_class is missing: {did_you_mean(name, known, otherwise, limit=1)}")
    given.only("connector_class", "settings", "topics")
    classes = given.texts("connector_class")
    rules = _rules(given, given.map("settings"), ())
    topics = TopicRule.read(given.inner("topics")) if given.has("topics") else None
    if not rules and topics is None:
        raise given.wrong("settings is missing or empty, so nothing would be checked: add a rule.")

    def fits(connector: Connector) -> bool:
        return any(connector.is_of_class(one) for one in classes)

    return ClassPolicy(name, fits, rules, topics)


def _rules(given: Given, settings: Mapping[str, Any], formats: Sequence[Format]) -> tuple[SettingRule, ...]:
    where = f"{given.where}.settings"
    found = (read_rule(key, Given(rule, f"{where}.{key}"), formats) for key, rule in settings.items())
    return tuple(rule for rule in found if rule is not None)
