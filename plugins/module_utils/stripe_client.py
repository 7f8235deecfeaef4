# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to Stripe: what its accounts say about report types and open report runs. Only reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import Place

if TYPE_CHECKING:
    import stripe

STRIPE_URL = "https://api.stripe.com"
_READ_TIMEOUT_SECONDS = 20
_RETRIES = 2
_MOST_ACCOUNTS_AT_ONCE = 8


@dataclass(frozen=True)
class PlaceFacts:
    """What Stripe said of one place: the end of its data (epoch seconds) and the status of its open run, if any.

    ``problem`` is one sentence where it could not be asked; ``available_end`` is None then.
    """

    available_end: int | None = None
    run_status: str = "unknown"
    problem: str | None = None


def ask_stripe(
    keys: Mapping[str, str], open_runs: Mapping[Place, str | None], api_url: str = STRIPE_URL
) -> dict[Place, PlaceFacts]:
    """Ask about every place of ``open_runs`` (its value is the id of its open run, if it has one).

    ``keys``: timezone to API key. The accounts are asked side by side. An account that cannot be asked does not
    hide the others: its places carry the problem.
    """
    import stripe

    # It would leave an id of its own in the home of whoever runs this.
    stripe.enable_telemetry = False
    # The library brings certificates of its own, but a proxy that ends TLS has others.
    stripe.ca_bundle_path = os.environ.get("REQUESTS_CA_BUNDLE") or stripe.ca_bundle_path
    by_timezone: dict[str, dict[Place, str | None]] = {}
    for place, run_id in open_runs.items():
        by_timezone.setdefault(place.timezone, {})[place] = run_id

    def ask(timezone: str) -> dict[Place, PlaceFacts]:
        places = by_timezone[timezone]
        if timezone not in keys:
            return dict.fromkeys(places, PlaceFacts(problem=f"no API key is known for the timezone {timezone}"))
        client = stripe.StripeClient(
            keys[timezone],
            base_addresses={"api": api_url},
            http_client=stripe.RequestsClient(timeout=_READ_TIMEOUT_SECONDS),
            max_network_retries=_RETRIES,
        )
        return {place: _ask_place(client, place, run_id, keys[timezone]) for place, run_id in places.items()}

    found: dict[Place, PlaceFacts] = {}
    with ThreadPoolExecutor(max_workers=_MOST_ACCOUNTS_AT_ONCE) as pool:
        for facts in pool.map(ask, by_timezone):
            found.update(facts)
    return found


def _ask_place(client: stripe.StripeClient, place: Place, run_id: str | None, key: str) -> PlaceFacts:
    import stripe

    reporting = client.v1.reporting
    try:
        available_end = reporting.report_types.retrieve(place.report_type).data_available_end
        status = "unknown"
        if run_id:
            try:
                status = reporting.report_runs.retrieve(run_id).status
            except stripe.InvalidRequestError as error:
                if error.http_status != 404:
                    raise
                status = "lost"
        return PlaceFacts(available_end, status)
    except stripe.AuthenticationError:
        return PlaceFacts(problem=f"Stripe refuses the API key of the timezone {place.timezone} (401)")
    except stripe.StripeError as error:
        # Stripe's own words may quote a part of the key.
        words = scrubbed(str(error.user_message or error), (key,)).splitlines()[0].rstrip(".")
        return PlaceFacts(problem=f"Stripe cannot be asked about {place}: {words}")
