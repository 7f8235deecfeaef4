# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One option of a module, declared once: its argument spec, its documentation and a dataclass field come from here.

A shape is a frozen dataclass whose fields are made by :func:`option`, or by :func:`field_for` where shapes share an option.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ansible.module_utils.basic import env_fallback

Spec = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Option:
    """What Ansible checks and what a person reads.

    ``description``: one entry per sentence or short paragraph, in Ansible's markup. ``default``: None where there is none.
    ``env``: environment variable that is used when the option is not given. ``no_log``: None leaves it to Ansible.
    """

    name: str
    type: str
    description: tuple[str, ...]
    elements: str | None = None
    default: Any = None
    choices: tuple[str, ...] = ()
    required: bool = False
    aliases: tuple[str, ...] = ()
    env: str | None = None
    no_log: bool | None = None

    def spec(self) -> dict[str, Any]:
        """The option's entry in an argument spec."""
        found = self._facts()
        if self.env is not None:
            found["fallback"] = (env_fallback, [self.env])
        if self.no_log is not None:
            found["no_log"] = self.no_log
        return found

    def documentation(self) -> dict[str, Any]:
        """The option's entry in DOCUMENTATION."""
        description = list(self.description)
        if self.env is not None:
            form = ", a list separated by commas" if self.type == "list" else ""
            description.append(f"If not set, the environment variable E({self.env}) is used{form}.")
        return {"description": description, **self._facts()}

    def value(self, params: Mapping[str, Any]) -> Any:
        """The task's value; a list becomes a tuple. An empty text counts as not given where there is no default."""
        value = params.get(self.name)
        if value is None or (value == "" and self.default is None):
            value = self.default
        return tuple(value or ()) if self.type == "list" else value

    def _facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": self.type}
        if self.elements is not None:
            found["elements"] = self.elements
        if self.default is not None:
            found["default"] = self.default
        if self.choices:
            found["choices"] = list(self.choices)
        if self.required:
            found["required"] = True
        if self.aliases:
            found["aliases"] = list(self.aliases)
        return found


def option(name: str, kind: str, *description: str, **facts: Any) -> Any:
    """The field of a shape for an option of its own; ``kind`` is Ansible's type, ``facts`` are fields of :class:`Option`."""
    return field_for(Option(name, kind, description, **facts))


def field_for(declared: Option) -> Any:
    """The field of a shape for an option. A secret is kept out of the shape's repr."""
    # pylint: disable=invalid-field-call
    shown: dict[str, Any] = {"repr": not declared.no_log, "metadata": {"option": declared}}
    if declared.required:
        return field(**shown)
    if declared.type == "dict" and declared.default is not None:
        return field(default_factory=dict, **shown)
    return field(default=declared.value({}), **shown)


def options_of(shape: type) -> tuple[Option, ...]:
    """The options that a shape declares, in its order."""
    return tuple(one.metadata["option"] for one in fields(shape) if "option" in one.metadata)


def values_of(shape: type, params: Mapping[str, Any]) -> dict[str, Any]:
    """A task's values by the names of the shape's fields."""
    return {one.name: one.metadata["option"].value(params) for one in fields(shape) if "option" in one.metadata}


def argument_spec(options: Iterable[Option]) -> Spec:
    """The argument spec of these options."""
    return {one.name: one.spec() for one in options}


def documentation(options: Iterable[Option], **others: Any) -> str:
    """The text of a documentation fragment: JSON, which is YAML. ``others`` are its further keys, such as ``notes``."""
    return json.dumps({"options": {one.name: one.documentation() for one in options}, **others})
