# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of every module whose work is done in module_utils, put together from the shapes."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import (
    BACKUP_SPEC,
    KEEP_SPEC,
    LISTING_SPEC,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.bundle import BUNDLE_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import CONNECT_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.details import (
    DETAILS_SPEC,
    SHORT_SPEC,
    SHOW_SPEC,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import FACTS_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import BROKER_SPEC, KAFKA_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import LIMITS_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import METRICS_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import Spec
from ansible_collections.connectops.recovery.plugins.module_utils.options.policy import POLICY_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.recovery import RECOVERY_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import RESET_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.rollback import ROLLBACK_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import SETTINGS_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import STRIPE_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WORKER_LOG_SPEC

CONNECT_CONFIG: Spec = {**CONNECT_SPEC, **BROKER_SPEC, **BACKUP_SPEC, **SETTINGS_SPEC, **SHOW_SPEC}
CONNECT_OFFSET_RESET: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **KEEP_SPEC,
    **RESET_SPEC,
    **SHORT_SPEC,
}
CONNECT_OFFSETS_FACTS: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **LIMITS_SPEC,
    **WORKER_LOG_SPEC,
    **FACTS_SPEC,
    **DETAILS_SPEC,
    **SHOW_SPEC,
}
CONNECT_BACKUPS_INFO: Spec = {**BROKER_SPEC, **LISTING_SPEC, **SHOW_SPEC}
CONNECT_SUPPORT_BUNDLE: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **LIMITS_SPEC,
    **WORKER_LOG_SPEC,
    **BUNDLE_SPEC,
    **SHOW_SPEC,
}
CONNECT_ROLLBACK: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **KEEP_SPEC,
    **ROLLBACK_SPEC,
    **SHORT_SPEC,
}
CONNECT_RECOVERY_INFO: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **LIMITS_SPEC,
    **WORKER_LOG_SPEC,
    **RECOVERY_SPEC,
    **SHORT_SPEC,
}
CONNECT_POLICY_INFO: Spec = {**CONNECT_SPEC, **BROKER_SPEC, **POLICY_SPEC, **SHOW_SPEC}
CONNECT_METRICS: Spec = {
    **CONNECT_SPEC,
    **KAFKA_SPEC,
    **STRIPE_SPEC,
    **BACKUP_SPEC,
    **LIMITS_SPEC,
    **WORKER_LOG_SPEC,
    **METRICS_SPEC,
}

# By the name of the module.
MODULES: Mapping[str, Spec] = {
    "connect_backups_info": CONNECT_BACKUPS_INFO,
    "connect_config": CONNECT_CONFIG,
    "connect_metrics": CONNECT_METRICS,
    "connect_offset_reset": CONNECT_OFFSET_RESET,
    "connect_offsets_facts": CONNECT_OFFSETS_FACTS,
    "connect_policy_info": CONNECT_POLICY_INFO,
    "connect_recovery_info": CONNECT_RECOVERY_INFO,
    "connect_rollback": CONNECT_ROLLBACK,
    "connect_support_bundle": CONNECT_SUPPORT_BUNDLE,
}
