# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the Kafka options, once for all modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``module_utils/kafka_options.py``."""

    DOCUMENTATION = r"""
options:
  kafka_bootstrap_servers:
    description:
      - Kafka brokers behind the Connect cluster, as host and port, for example V(kafka-1:9092).
      - With them the offsets topic is read as well. That tells when each offset was committed, and works when no worker
        does. Nothing is ever written to Kafka.
      - If not given, the environment variable E(CONNECTOPS_KAFKA_BOOTSTRAP_SERVERS) is used, with commas between the
        brokers. Without both, Kafka is not read.
    type: list
    elements: str
  kafka_security_protocol:
    description:
      - How the brokers are talked to, as Kafka's own setting C(security.protocol).
    type: str
    choices: [PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL]
    default: PLAINTEXT
  kafka_sasl_mechanism:
    description:
      - How the login is made.
      - Required if O(kafka_security_protocol) is V(SASL_SSL) or V(SASL_PLAINTEXT), and refused otherwise, as are
        O(kafka_sasl_username) and O(kafka_sasl_password).
    type: str
    choices: [PLAIN, SCRAM-SHA-256, SCRAM-SHA-512]
  kafka_sasl_username:
    description:
      - User name of the login.
      - If not given, the environment variable E(CONNECTOPS_KAFKA_USERNAME) is used.
    type: str
  kafka_sasl_password:
    description:
      - Password of the login.
      - If not given, the environment variable E(CONNECTOPS_KAFKA_PASSWORD) is used.
    type: str
  kafka_ca_path:
    description:
      - File of the CA certificates, in PEM format, that the brokers' certificates are checked against,
        or a folder of them prepared by C(openssl rehash).
      - Without it those of the operating system are used.
    type: path
  kafka_client_cert:
    description:
      - File of the client certificate, in PEM format, for brokers that ask for one. It may hold the key as well.
    type: path
  kafka_client_key:
    description:
      - File of the key of O(kafka_client_cert), in PEM format and without a pass phrase.
    type: path
  kafka_validate_certs:
    description:
      - Whether the brokers' certificates are checked.
      - With V(false) anybody in between can read the login and the offsets.
    type: bool
    default: true
  kafka_timeout:
    description:
      - Seconds that everything this task does with Kafka may take.
      - Brokers that have not answered at all are given up after a few seconds.
    type: float
    default: 60.0
  offsets_topic:
    description:
      - Topic in which the workers keep offsets, their C(offset.storage.topic).
      - Without it the topic is found by what is in it, where that leaves no doubt. A connector's own C(offsets.storage.topic)
        is known from its configuration.
      - Refused without O(kafka_bootstrap_servers).
    type: str
  config_topic:
    description:
      - Topic in which the workers keep configurations, their C(config.storage.topic). It is read when no worker answers.
      - Without it the topic is found by what is in it, where that leaves no doubt.
      - Refused without O(kafka_bootstrap_servers).
    type: str
notes:
  - Reading Kafka needs the Python library C(confluent-kafka) >= 2.3.0, where the task runs. Without O(kafka_bootstrap_servers)
    it is not needed.
"""
