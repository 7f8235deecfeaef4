# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that tell how Stripe is asked, once for all modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``module_utils/operations/stripe_accounts.py``."""

    DOCUMENTATION = r"""
options:
  ask_stripe:
    description:
      - Whether Stripe is asked for the end of its data and for open report runs. Nothing is ever created or changed there.
      - Only used for the Stripe reporting connector.
      - Without it the data is taken to end with yesterday (UTC), and an open report run counts as one without a result.
    type: bool
    default: true
  stripe_api_keys:
    description:
      - API key for each timezone of the connector, for example C(PST) with a key of its account.
      - A restricted key with the permission C(report_runs_and_report_types_read) is enough.
      - If not given, the keys of the connector's own config are used where the config shows them.
    type: dict
  stripe_api_url:
    description: Base URL of Stripe's API.
    type: str
    default: https://api.stripe.com
  stripe_timezones:
    description:
      - Timezones that the connector is expected to work on.
      - Only used where the connector's config does not show them, because its keys are a placeholder of a config provider.
      - Without both, the timezones that have an offset are taken to be all.
    type: list
    elements: str
    default: []
notes:
  - Stripe's certificate is checked against those that come with the Python library C(stripe), or against the file named by the
    environment variable E(REQUESTS_CA_BUNDLE).
  - Asking Stripe needs the Python library C(stripe), and a connector's rounds need C(croniter), where the task runs.
"""
