# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options, once for all modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``module_utils/connection_options.py``."""

    DOCUMENTATION = r"""
options:
  connect_url:
    description:
      - URLs of the REST API of the workers of one Kafka Connect cluster, for example V(http://connect-1:8083).
      - They are tried in the order given. One that answers is kept, and the next one is used when it stops answering.
      - User names and passwords in a URL are refused; use O(url_username) and O(url_password).
      - If not given, the environment variable E(CONNECTOPS_CONNECT_URL) is used, with commas between the URLs.
    type: list
    elements: str
    required: true
  url_username:
    description:
      - User name for HTTP basic authentication.
      - Cannot be used together with O(bearer_token).
      - If not given, the environment variable E(CONNECTOPS_USERNAME) is used.
    type: str
  url_password:
    description:
      - Password for HTTP basic authentication.
      - If not given, the environment variable E(CONNECTOPS_PASSWORD) is used.
    type: str
  bearer_token:
    description:
      - Token for HTTP bearer authentication.
      - If not given, the environment variable E(CONNECTOPS_BEARER_TOKEN) is used.
    type: str
  ca_path:
    description:
      - File of the CA certificates, in PEM format, that the workers' certificates are checked against,
        or a folder of them prepared by C(openssl rehash).
      - Without it, the file named by the environment variable E(REQUESTS_CA_BUNDLE) is used, and without that one the
        certificates that come with the Python library C(requests).
      - If not given, the environment variable E(CONNECTOPS_CA_PATH) is used.
    type: path
  client_cert:
    description:
      - File of the client certificate, in PEM format, for workers that ask for one. It may hold the key as well.
      - If not given, the environment variable E(CONNECTOPS_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File of the key of O(client_cert), in PEM format and without a pass phrase.
      - If not given, the environment variable E(CONNECTOPS_CLIENT_KEY) is used.
    type: path
  validate_certs:
    description:
      - Whether the workers' certificates are checked.
      - With V(false) anybody in between can read the credentials and configurations.
    type: bool
    default: true
  request_timeout:
    description:
      - Seconds that one HTTP request may take.
      - A change whose answer does not come in this time has an unknown outcome. It is not sent again.
    type: float
    default: 30.0
  timeout:
    description:
      - Seconds that everything this task does with the cluster may take, repeated requests included.
      - A cluster that has not answered at all is given up after a few seconds.
    type: float
    default: 120.0
requirements:
  - requests >= 2.25
notes:
  - The environment variables are those of the host on which the task runs.
  - The proxy variables E(HTTP_PROXY), E(HTTPS_PROXY) and E(NO_PROXY) are respected. A C(.netrc) file is not read.
  - Redirects are not followed.
"""
