# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a result is returned, and whether it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.details import DETAIL_LEVELS, Details
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    Option,
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)

DETAILS = Option(
    "details",
    "str",
    (
        "How much is returned and shown of each partition. Every partition is judged and counted in any case.",
        "V(problems) lists the partitions whose verdict is not V(ok), and the totals of each remedy.",
        "V(all) lists all partitions, the raw records, and what each remedy does to each partition.",
        "V(none) lists no partition.",
    ),
    default="problems",
    choices=DETAIL_LEVELS,
)


@dataclass(frozen=True)
class ShowOptions:
    """For every task whose result has lines for a person."""

    show: bool = option(
        "show",
        "bool",
        "Whether to show the preview on the screen, line by line and in colour if the terminal supports it. A change shows it"
        " before anything is changed.",
        default=False,
    )


SET_FACTS = Option(
    "set_facts",
    "bool",
    (
        "Whether to set the facts of the host. Ansible goes through them before each later task of the host.",
        "If V(false), RV(summary) is returned instead, and the facts are in a file that is deleted when the run ends.",
    ),
    default=True,
)


IN_SHORT = Option(
    "in_short",
    "bool",
    (
        (
            "Whether to omit from RV(connectors) the lists that have an entry for each partition, so that the results of many"
            " connectors stay small."
        ),
        "All of RV(connectors) is then in the file RV(result_file), which is deleted when the run ends.",
    ),
    default=False,
)


@dataclass(frozen=True)
class DetailOptions:
    """How much of the facts is returned, and which file has all of them."""

    details: Details = field_for(DETAILS)
    report_file: str | None = option(
        "report_file",
        "path",
        "File on the control node that the whole result is written to as JSON, whatever O(details) is.",
        "It is written in check mode as well.",
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> DetailOptions:
        """The options among a task's parameters."""
        return cls(**values_of(cls, params))


SHOW_SPEC = argument_spec(options_of(ShowOptions))
SHORT_SPEC = argument_spec((*options_of(ShowOptions), IN_SHORT))
DETAILS_SPEC = argument_spec((*options_of(DetailOptions), SET_FACTS))
