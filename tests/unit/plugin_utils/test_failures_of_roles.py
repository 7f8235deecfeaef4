# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster for which a role has a sentence about a failure comes into the last play, which fails for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import found_in
from tooling.environment import ROOT

# Nothing is asked for in these variables: what is asked for is another question of the report.
LOOKUP = re.compile(r"lookup\('connectops\.recovery\.variable', '(\w+)'[^)]*\)")
UNSET = {"identify_fail_on": "'never'", "reset_stay_stopped": "[]"}


def role_variables(*roles: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for role in roles:
        text = (ROOT / "roles" / role / "vars" / "main.yml").read_text("utf-8")
        found.update(yaml.safe_load(LOOKUP.sub(lambda match: UNSET[match[1]], text)))
    return {name: trust_as_template(one) if isinstance(one, str) else one for name, one in found.items()}


def sentences(left: dict[str, Any], *names: str, roles: tuple[str, ...]) -> list[Any]:
    templar = Templar(DataLoader(), variables={**role_variables(*roles), **left, "inventory_hostname": "eu"})
    return [one for name in names if (one := templar.template(trust_as_template(f"{{{{ {name} }}}}")))]


def runs() -> Iterator[dict[str, Any]]:
    """What a reset and a verification can leave of two connectors."""
    of_connector = [
        {"plan": None, "backup_file": None},
        {"plan": {"final_state": "RUNNING"}, "backup_file": "b.json"},
        {"plan": {"final_state": "STOPPED"}, "backup_file": "b.json"},
        {"plan": {"final_state": "STOPPED"}, "backup_file": None},
        {"failed": True, "msg": "No."},
        {"failed": True, "msg": "No.", "plan": {"final_state": "RUNNING"}, "backup_file": "b.json"},
    ]
    of_verify: list[dict[str, Any]] = [
        {},
        {"skipped": True},
        {"without_change": True, "msg": "No change is known."},
        *({"recovered": one, "message": "Not seen."} for one in (True, False, None)),
    ]
    for first, verified in product(of_connector, of_verify):
        yield {"reset_result": {"connectors": {"bills": first, "orders": of_connector[1]}}, "verify_result": verified}
    for verified in of_verify:
        yield {"verify_result": verified}


def test_what_recover_fails_for_is_not_plainly_well() -> None:
    failing = 0
    for left in runs():
        if sentences(left, "reset_failure", "verify_failure", roles=("reset", "verify")):
            failing += 1
            assert not found_in("eu", left, {}, playbook="recover", is_preview=False).is_plainly_healthy, left
    assert failing > 15


def test_what_identify_fails_for_is_not_plainly_well() -> None:
    for stopped in ([], ["orders"]):
        facts = {"left_stopped": stopped, "connectors": {"orders": {"verdict": "stuck"}}}
        left = {"identify_result": {"ansible_facts": {"connectops_offsets": facts}}}
        found = sentences(left, "identify_sentences", roles=("identify",))
        assert bool(found) is bool(stopped)
        assert found_in("eu", left, {}, playbook="identify", is_preview=False).is_plainly_healthy is not bool(found)
