# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""configure.yml makes all objects with the real modules of awx.awx, and a second run changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from awx.awx_api import TOKEN, Awx, running
from awx.programs import Run
from tooling.environment import ROOT
from unit.awx.objects import objects, templates

CONFIGURE = str(ROOT / "extensions" / "awx" / "configure.yml")
SECRETS = {
    "vault_connect_username": "recovery",
    "vault_connect_password": "password-of-connect",
    "vault_connect_ca": "-----BEGIN CERTIFICATE-----",
    "vault_stripe_api_keys": '{"PST": "rk_test"}',
    "vault_kafka_username": "recovery",
    "vault_kafka_password": "password-of-kafka",
    "vault_kafka_ca": "-----BEGIN CERTIFICATE-----",
}


def configure(run: Run, url: str, variables: Path) -> tuple[int, str]:
    # With all that Ansible prints, which must not be a secret.
    command = ("ansible-playbook", "-vvv", CONFIGURE, "-e", f"@{variables}")
    done = run(*command, CONTROLLER_HOST=url, CONTROLLER_OAUTH_TOKEN=TOKEN)
    print(done.stdout)
    hidden = [value for name, value in SECRETS.items() if name.endswith(("password", "keys"))]
    assert [value for value in [TOKEN, *hidden] if value in done.stdout or json.dumps(value)[1:-1] in done.stdout] == []
    return done.returncode, done.stdout


def test_the_objects_are_made_once(run: Run, tmp_path: Path) -> None:
    awx, variables = Awx(), tmp_path / "secrets.json"
    with running(awx) as url:
        variables.write_text(json.dumps({**SECRETS, "vault_kafka_username": ""}), encoding="utf-8")
        status, refused = configure(run, url, variables)
        assert status == 2
        assert "The credential Kafka login lacks a value" in " ".join(refused.split())
        assert "organizations" not in awx.collections

        variables.write_text(json.dumps(SECRETS), encoding="utf-8")
        status, _first = configure(run, url, variables)
        assert status == 0
        made = json.dumps([awx.collections, awx.surveys, awx.links])

        status, second = configure(run, url, variables)
    assert status == 0
    assert re.search(r"localhost .* changed=0 ", second)
    assert json.dumps([awx.collections, awx.surveys, awx.links]) == made
    assert_all_is_there(awx)


def assert_all_is_there(awx: Awx) -> None:
    for name, template in templates().items():
        item = awx.named("job_templates", name)
        assert item["playbook"] == f"{template['playbook']}.yml"
        assert json.loads(item["extra_vars"] or "{}") == template.get("extra_vars", {})
        assert item["timeout"] == template["timeout"]
        assert awx.surveys.get(item["url"], {}).get("spec", []) == template.get("questions", [])
        credentials = {awx.collections["credentials"][one]["name"] for one in awx.linked(item, "credentials")}
        assert credentials == set(objects()["awx_used_credentials"])
    assert set(templates()) == {one["name"] for one in awx.collections["job_templates"].values()}
    assert awx.named("credentials", "Connect login")["inputs"]["password"] == SECRETS["vault_connect_password"]
    # What AWX renders must reach it as it is.
    injectors = awx.named("credential_types", "Kafka Connect CA")["injectors"]
    assert injectors["extra_vars"] == {"connectops_ca_path": "{{ tower.filename.ca }}"}
    variables = json.loads(awx.named("inventories", objects()["awx_inventory"])["variables"])
    assert variables["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    organization = awx.named("organizations", objects()["awx_organization"])
    assert awx.linked(organization, "galaxy_credentials") == [awx.named("credentials", "Ansible Galaxy")["id"]]
    assert steps(awx) == [
        one.get("template", objects()["awx_approval"]["name"]) for one in objects()["awx_workflow_nodes"]
    ]


def steps(awx: Awx) -> list[str]:
    """What the workflow does, one after the other, as its nodes are linked."""
    nodes = awx.collections["workflow_job_template_nodes"]
    followers = {number: awx.linked(node, "success_nodes") for number, node in nodes.items()}
    (number,) = set(nodes) - {one for many in followers.values() for one in many}
    found: list[str] = []
    while True:
        template: dict[str, Any] = awx.answer(
            "GET", f"/api/v2/unified_job_templates/{nodes[number]['unified_job_template']}/", {}, {}
        )[1]
        found.append(template["name"])
        if not followers[number]:
            return found
        (number,) = followers[number]
