# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stripe is asked over TLS by the connector and by the modules alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from integration.recovery.tasks import ZONES, Tasks, await_as_announced, failed, stuck
from lab import Lab
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_with_a_ca_of_its_own() -> Iterator[Lab]:
    with Lab(workers=1, stripe_tls=True) as lab:
        yield lab


def test_the_connector_and_the_preview_reach_stripe_over_tls(
    lab: Lab, trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab.stripe.url.startswith("https://")
    stuck(trial)
    refused = failed(tasks.reset(strategy="available_end", check_mode=True))
    assert "Stripe could not be asked for its data_available_end" in refused["msg"], "its CA is not trusted yet"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.stripe_ca_file))
    done = tasks.previewed_reset(at_least={"stripe.report.max.wait.ms": "60m"})
    assert done["forecast"]["stripe_asked"]
    await_as_announced(trial, done["forecast"])
    assert {zone for zone in ZONES if trial.delivered(zone)} == set(ZONES)
