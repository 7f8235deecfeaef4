# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the modules' options, made from their declarations in ``module_utils/options``."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import (
    LISTING,
    BackupOptions,
    KeepOptions,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.bundle import BundleOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.details import (
    IN_SHORT,
    SET_FACTS,
    DetailOptions,
    ShowOptions,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import FactsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import BROKER_OPTIONS, KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import LIMITS
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import MetricsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import documentation, options_of
from ansible_collections.connectops.recovery.plugins.module_utils.options.policy import PolicyOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.recovery import RecoveryOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.rollback import RollbackOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import SettingsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions

_KAFKA_NOTES = [
    "O(kafka_bootstrap_servers) requires the Python library C(confluent-kafka) >= 2.3.0 on the host that runs the task.",
]


class ModuleDocFragment:
    """One attribute for each shape. They are annotated: ansible-test takes plain assignments for literal YAML."""

    CONNECT: str = documentation(
        options_of(ConnectOptions),
        requirements=["requests >= 2.25"],
        notes=[
            "The environment variables are those of the host that runs the task.",
            "The proxy variables E(HTTP_PROXY), E(HTTPS_PROXY) and E(NO_PROXY) are respected. A C(.netrc) file is not read.",
            "Redirects are not followed.",
        ],
    )
    KAFKA: str = documentation(options_of(KafkaOptions), notes=_KAFKA_NOTES)
    BROKERS: str = documentation(BROKER_OPTIONS, notes=_KAFKA_NOTES)
    STRIPE: str = documentation(
        options_of(StripeOptions),
        notes=[
            (
                "The Stripe reporting connector requires the Python libraries C(croniter) and, with O(ask_stripe), C(stripe)"
                " on the host that runs the task."
            ),
            (
                "Stripe's certificate is checked against the certificates of the library C(stripe), or against the file in the"
                " environment variable E(REQUESTS_CA_BUNDLE)."
            ),
        ],
    )
    BACKUPS: str = documentation(options_of(BackupOptions))
    KEEP: str = documentation(options_of(KeepOptions))
    LISTING: str = documentation(LISTING)
    LIMITS: str = documentation(LIMITS)
    WORKER_LOGS: str = documentation(options_of(WorkerLogOptions))
    SETTINGS: str = documentation(options_of(SettingsOptions))
    RESET: str = documentation(options_of(ResetOptions))
    BUNDLE: str = documentation(options_of(BundleOptions))
    ROLLBACK: str = documentation(options_of(RollbackOptions))
    FACTS: str = documentation(options_of(FactsOptions))
    DETAILS: str = documentation((*options_of(DetailOptions), SET_FACTS))
    SHOW: str = documentation(options_of(ShowOptions))
    SHORT: str = documentation([IN_SHORT])
    RECOVERY: str = documentation(options_of(RecoveryOptions))
    POLICY: str = documentation(options_of(PolicyOptions))
    METRICS: str = documentation(
        options_of(MetricsOptions),
        requirements=["prometheus_client"],
        notes=["The Python library C(prometheus_client) must be installed on the host that runs the task."],
    )
