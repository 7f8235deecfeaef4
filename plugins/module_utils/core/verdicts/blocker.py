# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partition at which every poll of a connector fails, as part of the connector's facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Reason

Certainty = Literal["proven", "likely", "one_of"]


@dataclass(frozen=True)
class BlockerFacts:
    """``partitions``: one, or the candidates where the evidence does not single one out."""

    partitions: tuple[Partition, ...]
    certainty: Certainty
    reason: Reason

    @classmethod
    def of(cls, data: Mapping[str, Any] | None) -> BlockerFacts | None:
        """From the key ``blocker`` of a connector's facts. None for no blocker, and for a kind that knows none."""
        if not data:
            return None
        return cls(tuple(Partition.of(one) for one in data["partitions"]), data["certainty"], Reason.of(data["reason"]))

    def as_data(self) -> dict[str, Any]:
        return {
            "partitions": [one.as_dict() for one in self.partitions],
            "certainty": self.certainty,
            "reason": self.reason.as_data(),
        }
