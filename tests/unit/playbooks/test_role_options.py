# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role, held to its argument specs, to its module's options and to its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import DEFAULT_WAIT
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import MAX_WAIT
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_CONFIG,
    CONNECT_METRICS,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
    CONNECT_POLICY_INFO,
    CONNECT_RECOVERY_INFO,
    CONNECT_ROLLBACK,
    CONNECT_SUPPORT_BUNDLE,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import option_variables

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
# The option of a module that a variable of a role stands for, where the name does not say so.
MODULE_OF = {
    "identify": CONNECT_OFFSETS_FACTS,
    "prevent": CONNECT_POLICY_INFO,
    "raise_timeout": CONNECT_CONFIG,
    "reset": CONNECT_OFFSET_RESET,
    "rollback": CONNECT_ROLLBACK,
    "support_bundle": CONNECT_SUPPORT_BUNDLE,
    "verify": CONNECT_RECOVERY_INFO,
}
# A default of a role that is meant to differ from the module's: the step it is named for would do nothing without.
OWN_DEFAULTS = {
    "identify_show": True,
    "prevent_show": True,
    "raise_timeout_at_least": {MAX_WAIT: DEFAULT_WAIT},
    "support_bundle_show": True,
}


def role_options(role: str) -> dict[str, dict[str, Any]]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_of_a_role_are_those_of_its_argument_specs(role: str) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert defaults == {name: spec["default"] for name, spec in role_options(role).items() if "default" in spec}


@pytest.mark.parametrize("role", ROLES)
def test_the_options_of_a_role_are_those_of_its_module(role: str) -> None:
    for name, spec in role_options(role).items():
        option = MODULE_OF[role].get(name.removeprefix(f"{role}_"))
        if option is None:
            continue
        assert spec.get("elements") == option.get("elements"), name
        assert spec.get("choices") == option.get("choices"), name
        # A path of a role is a text: on the control node it must not be expanded for another host.
        assert spec["type"] == {"path": "str"}.get(option["type"], option["type"]), name
        if "default" in spec and name not in OWN_DEFAULTS:
            # What the module leaves unset is empty in a role, and then not passed on.
            assert spec["default"] == option.get("default", {"dict": {}}.get(option["type"], "")), name
    own = {name: spec.get("default") for name, spec in role_options(role).items() if name in OWN_DEFAULTS}
    assert own == {name: value for name, value in OWN_DEFAULTS.items() if name.startswith(f"{role}_")}


@pytest.mark.parametrize("role", ROLES)
def test_the_page_of_a_role_has_its_variables_and_their_defaults(role: str) -> None:
    page = (ROOT / "docs" / "roles" / f"{role}.md").read_text(encoding="utf-8")
    table = dict(re.findall(rf"^\| `({role}_\w+)` \| (.*?) \|", page, re.MULTILINE))
    options = role_options(role)
    assert list(table) == list(options)
    for name, spec in options.items():
        option = MODULE_OF[role].get(name.removeprefix(f"{role}_"), {})
        if spec.get("required"):
            assert table[name] == "required", name
        elif "default" not in spec and "default" not in option:
            assert table[name] in ("from the plan", "not set"), name
        elif "default" not in spec:
            shared = f"connectops_{name.removeprefix(f'{role}_')}"
            assert table[name] == f"`{shared}`, or else `{_as_text(option['default'])}`", name
        else:
            assert table[name] == f"`{_as_text(spec['default'])}`", name


def _as_text(default: Any) -> str:
    if isinstance(default, dict) and default:
        return ", ".join(f"{key}: {value}" for key, value in default.items())
    return default if isinstance(default, str) and default else json.dumps(default)


def test_the_pages_have_every_variable_of_an_option_with_its_default() -> None:
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("connection.md", "offsets-topic.md")]
    text = "\n".join(pages)
    assert set(option_variables()) - set(re.findall(r"`(connectops_\w+)`", text)) == set()
    specs = (CONNECT_SUPPORT_BUNDLE, CONNECT_METRICS, CONNECT_OFFSETS_FACTS, CONNECT_OFFSET_RESET, CONNECT_CONFIG)
    options = {name: option for spec in specs for name, option in spec.items()}
    rows = re.findall(r"^\| `connectops_(\w+)` \| `(\w+)` \| (.*?) ?\| (.*)$", text, re.MULTILINE)
    assert len(rows) > 25
    for name, option, shown, others in rows:
        assert option == name
        default = options[name].get("default")
        if shown.startswith("`") and shown.count("`") == 2:
            assert shown == f"`{default:g}`" if isinstance(default, float) else shown == f"`{_as_text(default)}`", name
        else:
            assert default in (None, []), name
        for variable in options[name].get("fallback", (None, ()))[1]:
            assert f"`{variable}`" in others, name
