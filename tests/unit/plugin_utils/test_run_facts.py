# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report takes from the variables of a host: the results of this run, and no secret."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible_collections.connectops.recovery.plugins.plugin_utils.play_vars import note_play_vars
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import found_in, left_by, summary_of
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import keep_document


class HostVars(dict[str, Any]):
    raw_get = dict.__getitem__


READ = {"ansible_facts": {"connectops_offsets": {"read_at": 1.0, "connectors": {"orders": {"verdict": "ok"}}}}}


def test_the_facts_of_an_earlier_run_do_not_count() -> None:
    cached: dict[str, Any] = {"ansible_facts": READ["ansible_facts"]}
    assert found_in("a", cached, {}, playbook="recover", is_preview=False).names == []
    assert found_in("a", {**cached, "identify_result": READ}, {}, playbook="recover", is_preview=False).names == [
        "orders"
    ]


def test_facts_that_were_not_set_are_found_in_the_file_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    facts = READ["ansible_facts"]["connectops_offsets"]
    left = {"identify_result": {"facts_file": keep_document(facts), "summary": {"recoverable": ["orders"]}}}
    assert found_in("a", left, {}, playbook="recover", is_preview=False).offsets == facts
    assert summary_of(left) == {"recoverable": ["orders"]}
    # A role of a user's own playbook sets the facts.
    assert summary_of({"identify_result": READ}) == facts
    assert summary_of({"identify_result": {"failed": True, "msg": "Not reached."}}) == {}


@pytest.mark.parametrize(
    "variables, problem",
    [
        ({}, None),
        ({"identify_result": {"failed": True, "msg": "Not reached."}}, "Not reached."),
        ({"reset_result": {"unreachable": True, "msg": "No route."}}, "No route."),
        ({"rollback_result": {"failed": True, "msg": "No login."}}, "No login."),
        ({"verify_result": {"failed": True, "msg": "Not reached."}}, "Not reached."),
        (
            {"connectops_failure": "Said before.", "reset_result": {"failed": True, "msg": "Not reached."}},
            "Said before.",
        ),
        ({"reset_result": {"failed": True, "msg": "orders: no.", "connectors": {}}}, None),
        ({"reset_result": {"skipped": True, "changed": False}}, None),
        ({"connectops_batch": {"goes_on": True, "message": ""}}, None),
        (
            {"connectops_batch": {"goes_on": False, "message": "Not changed."}, "reset_result": {"skipped": True}},
            "Not changed.",
        ),
    ],
)
def test_why_the_run_failed_for_a_host_is_found_in_its_results(variables: dict[str, Any], problem: str | None) -> None:
    playbook = "rollback" if "rollback_result" in variables else "recover"
    assert found_in("a", variables, {}, playbook=playbook, is_preview=False).problem == problem


def test_the_secrets_of_the_run_are_in_nothing_that_is_found() -> None:
    secrets = {
        "connectops_url_password": "c4n4ry-of-the-login",
        "connectops_bearer_token": "c4n4ry-of-the-token",
        "connectops_kafka_sasl_password": "c4n4ry-of-kafka",
        "connectops_stripe_api_keys": {"PST": "c4n4ry-of-stripe"},
    }
    words = "It said c4n4ry-of-the-login, c4n4ry-of-the-token, c4n4ry-of-kafka, c4n4ry-of-stripe and password=c4n4ry-unknown."
    result = {"connectors": {"orders": {"failed": True, "msg": words}}, "warnings": [words], "next_steps": [words]}
    results = ("reset_result", "verify_result", "prevent_result")
    for playbook, is_preview in product(("recover", "verify"), (True, False)):
        given = {**dict.fromkeys(results, result), "connectops_failure": words}
        # What is left holds the secrets as they were written, maybe as templates; the variables of the host are rendered.
        left = {**given, **dict.fromkeys(secrets, "{{ vault }}")}
        found = json.dumps(
            asdict(found_in("a", left, {"hostvars": {"a": secrets}}, playbook=playbook, is_preview=is_preview))
        )
        assert "It said ********" in found
        assert "c4n4ry" not in found


def test_a_secret_that_is_set_in_the_play_is_in_nothing_that_is_found() -> None:
    note_play_vars({"connectops_bearer_token": "c4n4ry-of-the-token"}, (), DataLoader())
    try:
        given = {"connectops_failure": "It said c4n4ry-of-the-token."}
        found = found_in(
            "a", given, {"hostvars": HostVars(a={"inventory_hostname": "a"})}, playbook="recover", is_preview=False
        )
    finally:
        note_play_vars({}, (), None)
    assert found.problem == "It said ********."


def test_what_was_planned_and_what_was_changed_are_told_apart_by_the_run() -> None:
    result = {"reset_result": {"connectors": {"orders": {"changed": True}}}}
    preview, real = (
        found_in("a", result, {}, playbook="recover", is_preview=is_preview) for is_preview in (True, False)
    )
    assert (list(preview.planned["connectors"]), preview.changed) == (["orders"], {})
    assert (real.planned, list(real.changed["connectors"])) == ({}, ["orders"])


def test_what_is_stuck_after_a_resume_is_that_of_the_host() -> None:
    selected = {"clusters": {"a": {"stuck_after_resume": ["orders"]}, "b": {"stuck_after_resume": []}}}
    left = {"connectops_selected": selected}
    of = {label: found_in(label, left, {}, playbook="recover", is_preview=False) for label in ("a", "b", "c")}
    assert {label: one.stuck_after_resume for label, one in of.items()} == {"a": ("orders",), "b": (), "c": ()}


def test_a_report_is_made_from_what_its_own_playbook_has_left() -> None:
    change = {"connectors": {"orders": {"changed": True, "msg": "of the reset"}}}
    left = {
        "identify_result": READ,
        "reset_result": change,
        "verify_result": {"connectors": {"orders": {"outcome": "recovered"}}},
        "prevent_look": {"connectors": {"orders": {"severity": "error"}}},
        "prevent_not_fixed": {"orders": "Connect refuses it."},
        "connectops_selected": {"clusters": {"a": {"stuck_after_resume": ["bills"]}}},
        "connectops_batch": {"message": "Not changed."},
    }
    steps = {
        playbook: [
            name
            for name, value in asdict(found_in("a", left, {}, playbook=playbook, is_preview=False)).items()
            if value and name != "label"
        ]
        for playbook in ("identify", "recover", "verify", "rollback", "prevent")
    }
    assert steps == {
        "identify": ["offsets"],
        "recover": ["offsets", "changed", "verified", "problem", "stuck_after_resume"],
        "verify": ["verified", "prevented"],
        "rollback": ["problem", "stuck_after_resume"],
        "prevent": ["prevented", "not_fixed", "stuck_after_resume"],
    }
    undone = {**left, "rollback_result": {"connectors": {"orders": {"msg": "of the rollback"}}}}
    found = found_in("a", undone, {}, playbook="rollback", is_preview=False)
    assert found.change("orders") == {"msg": "of the rollback"}


def test_what_a_host_has_left_in_a_playbook_in_which_it_failed_is_not_that_of_the_next_one() -> None:
    of_hosts = HostVars(
        a={"connectops_begun_at": "2", "reset_result": {"changed": False}},
        b={"connectops_begun_at": "1", "connectops_failure": "Not reached."},
        c={"reset_result": {"changed": True}},
    )
    asks = {**of_hosts["a"], "hostvars": of_hosts}
    # A host of a user's own play has begun none of our playbooks.
    assert {label: left_by(label, asks) for label in "abc"} == {"a": of_hosts["a"], "b": {}, "c": of_hosts["c"]}
