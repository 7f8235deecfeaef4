# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classes that have a policy of their own: a file in the folder of the kind, and a line here."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.policy import (
    STRIPE_POLICY,
)

BUILT_IN_POLICIES = (STRIPE_POLICY,)
