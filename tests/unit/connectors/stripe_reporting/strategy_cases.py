# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector of three timezones, eleven rounds behind, to reset with each strategy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    NEW_YORK,
    PST,
    connector,
    decided,
    offset,
)

ROUND = "2026-11-12"
STUCK = offset("2026-11-11", ROUND)
OPEN = offset("2026-11-11", ROUND, start="2026-11-09", run="frr_1", row=41)
ON_TODAY = offset("2026-11-11", "2026-11-23")


def stuck(pst: Offset = STUCK, **options: Any) -> Connector:
    """Three timezones, eleven rounds behind; ``pst`` is the offset of the last of them."""
    return connector({CAIRO: STUCK, NEW_YORK: STUCK, PST: pst}, **options)


def refused(of: Connector, strategy: str, stripe: Any = None, **request: Any) -> str:
    with pytest.raises(InputError) as caught:
        decided(of, strategy, stripe, **request)
    return caught.value.message
