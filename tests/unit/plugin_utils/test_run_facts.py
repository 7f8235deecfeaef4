# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report takes from the variables of a host: the results of this run, and no secret."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import found_in

READ = {"ansible_facts": {"connectops_offsets": {"read_at": 1.0, "connectors": {"orders": {"verdict": "ok"}}}}}


def test_the_facts_of_an_earlier_run_do_not_count() -> None:
    cached: dict[str, Any] = {"ansible_facts": READ["ansible_facts"]}
    assert found_in("a", cached).names == []
    assert found_in("a", {**cached, "identify_result": READ}).names == ["orders"]


@pytest.mark.parametrize(
    "variables, problem",
    [
        ({}, None),
        ({"identify_result": {"failed": True, "msg": "Not reached."}}, "Not reached."),
        ({"rollback_plan": {"failed": True, "msg": "No login."}}, "No login."),
        ({"verify_result": {"failed": True, "msg": "Not reached."}}, "Not reached."),
        ({"connectops_failure": "Said before.", "reset_plan": {"failed": True, "msg": "Not reached."}}, "Said before."),
        ({"reset_result": {"failed": True, "msg": "orders: no.", "connectors": {}}}, None),
        ({"reset_result": {"skipped": True, "changed": False}}, None),
    ],
)
def test_why_the_run_failed_for_a_host_is_found_in_its_results(variables: dict[str, Any], problem: str | None) -> None:
    assert found_in("a", variables).problem == problem


def test_the_secrets_of_the_run_are_in_nothing_that_is_found() -> None:
    secrets = {
        "connectops_url_password": "c4n4ry-of-the-login",
        "connectops_bearer_token": "c4n4ry-of-the-token",
        "connectops_kafka_sasl_password": "c4n4ry-of-kafka",
        "connectops_stripe_api_keys": {"PST": "c4n4ry-of-stripe"},
    }
    words = "It said c4n4ry-of-the-login, c4n4ry-of-the-token, c4n4ry-of-kafka, c4n4ry-of-stripe and password=c4n4ry-unknown."
    result = {"connectors": {"orders": {"failed": True, "msg": words}}, "warnings": [words], "next_steps": [words]}
    results = ("reset_plan", "reset_result", "verify_result", "prevent_result")
    found = found_in("a", {**secrets, **dict.fromkeys(results, result), "connectops_failure": words})
    assert "It said ********" in json.dumps(asdict(found))
    assert "c4n4ry" not in json.dumps(asdict(found))
