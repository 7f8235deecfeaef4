# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that playbooks depend on. Renaming one is a decision: it shows in public_names.json.

After a deliberate change write the file again: ``UPDATE_PUBLIC_NAMES=1 python -m pytest tests/unit/test_public_names.py``.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import CODES, Finding
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicKey
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    STRATEGIES,
    Plan,
    offset_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS, Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.recovery_info import (
    wait_for_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_RECOVERY_INFO,
    MODULES,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    NEW_YORK,
    NOW,
    TYPE,
    at,
    connector,
    decided,
    forecast_of,
    offset,
    situation,
)
from unit.fake_cluster import FakeCluster, FakeConnector

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("public_names.json")


def returned(module: str) -> dict[str, Any]:
    """The documentation of a module's result."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RETURN":
            found: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return found
    raise AssertionError(f"{module} has no RETURN")


def paths(documented: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, entry in documented.items():
        yield f"{above}{name}"
        yield from paths(entry.get("contains", {}), f"{above}{name}.")


def public_names() -> dict[str, Any]:
    return {
        "modules": {
            name: {
                "options": sorted({*spec, *(alias for one in spec.values() for alias in one.get("aliases", ()))}),
                "results": sorted(paths(returned(name))),
            }
            for name, spec in MODULES.items()
        },
        "lookups": sorted(path.stem for path in (ROOT / "plugins" / "lookup").glob("[!_]*.py")),
        "playbooks": sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")),
        "roles": sorted(path.name for path in (ROOT / "roles").iterdir()),
        "variables": sorted(known_variables()),
        "strategies": list(STRATEGIES),
        "verdicts": list(VERDICTS),
        "findings": list(CODES),
    }


def test_every_public_name_is_as_it_was() -> None:
    if os.environ.get("UPDATE_PUBLIC_NAMES"):
        FILE.write_text(json.dumps(public_names(), indent=2) + "\n", encoding="utf-8")
    assert public_names() == json.loads(FILE.read_text(encoding="utf-8"))


# Real results have the keys that are documented, and no others.


def keys(data: Iterable[Any], documented: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of the keys that occur in any of the results, as deep as their documentation goes."""
    results = [one for one in data if isinstance(one, dict)]
    for name in {name for one in results for name in one}:
        yield f"{above}{name}"
        contains = documented.get(name, {}).get("contains")
        if contains:
            values = [one[name] for one in results if name in one]
            below = [item for value in values for item in (value if isinstance(value, list) else [value])]
            yield from keys(below, contains, f"{above}{name}.")


STUCK = connector(
    {CAIRO: offset("2026-11-12", "2026-11-13"), NEW_YORK: offset("2026-11-12", "2026-11-13")},
    stripe_report_max_wait_ms="1500",
)


def late_runs() -> RunHistory:
    """Four report runs for the same interval, none ready in time, and one that is still pending."""
    start, end = at("2026-11-12"), at("2026-11-23")
    created = [int(NOW) - 600 * number for number in range(4)]
    late = [ReportRun(f"frr_{one}", TYPE, start, end, one, "succeeded", one + 300) for one in created[1:]]
    return RunHistory((ReportRun("frr_new", TYPE, start, end, created[0], "pending"), *late), at("2026-11-01"))


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """What is found out about a connector of which one partition blocks the other."""
    kind = StripeReporting(StripeOptions(), SharedAnswers())
    of = situation(STUCK, evidence=Evidence({NEW_YORK: late_runs()}))
    return kind.judge(of, Limits(), ()).as_data(kind.name, STUCK.state)


def test_the_facts_of_a_stripe_connector_are_those_that_are_documented(facts: dict[str, Any]) -> None:
    documented = returned("connect_offsets_facts")["ansible_facts"]["contains"]["connectops_offsets"]["contains"]
    of_connector = documented["connectors"]["contains"]
    assert facts["blocker"] is not None
    assert set(facts) <= set(of_connector)
    own = {name: entry for name, entry in of_connector.items() if name in facts}
    assert set(keys([facts], own)) == set(paths(own))
    affected = {name for remedy in facts["remedies"]["compared"] for one in remedy["partitions"] for name in one}
    assert affected == {*_forecast_of_a_partition(), "affected"}


def test_the_forecast_is_the_one_that_is_documented() -> None:
    documented = returned("connect_offset_reset")["connectors"]["contains"]["forecast"]["contains"]
    data = forecast_of(decided(STUCK, "continue"))
    assert set(keys([data], documented)) == set(paths(documented))


def _forecast_of_a_partition() -> Mapping[str, Any]:
    forecast = returned("connect_offset_reset")["connectors"]["contains"]["forecast"]["contains"]
    found: Mapping[str, Any] = forecast["partitions"]["contains"]
    return found


def test_the_plan_is_the_one_that_is_documented() -> None:
    documented = returned("connect_offset_reset")["connectors"]["contains"]["plan"]["contains"]
    first, *others = offset_changes(STUCK.stored, decided(STUCK, "continue").targets)
    changes = (replace(first, topic_keys=(TopicKey("offsets", 0, b"key", b"value"),)), *others)
    settings = (SettingChange("stripe.report.max.wait.ms", "1500", "3600000", secret=False),)
    plan = Plan("eu-1", "id-of-kafka", STUCK.name, "continue", "RUNNING", "RUNNING", settings, changes, STUCK.stored)
    assert set(keys([plan.as_data()], documented)) == set(paths(documented))


def test_a_finding_and_a_record_are_those_that_are_documented() -> None:
    documented = returned("connect_offsets_facts")["ansible_facts"]["contains"]["connectops_offsets"]["contains"]
    finding = Finding(CODES[0], "message", "connector", None, {})
    assert set(finding.as_data()) == set(documented["connectors"]["contains"]["findings"]["contains"])


# With in_short, the action adds it.
OF_THE_CONTROLLER = {"result_file"}


def test_the_result_of_a_reset_is_the_one_that_is_documented(tmp_path: Path) -> None:
    documented = returned("connect_offset_reset")
    cluster = FakeCluster(
        FakeConnector("c", {"connector.class": "Orders"}, {Partition.of({"table": "orders"}): {"id": 9}})
    )
    options = {"strategy": "offset", "offset": {"id": 1}, "config": {"max.wait.ms": 1}, "backup_dir": str(tmp_path)}
    given = {"connect_url": ["http://connect-1:8083"], "connectors": ["c", "missing"], **options}
    params = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate(given).validated_parameters
    with pytest.raises(RecoveryError) as caught:
        reset(cluster, params, TaskContext(False, NOW, sleep=cluster.sleep, clock=lambda: cluster.seconds))
    result = caught.value.facts
    done, failure = result["connectors"]["c"], result["connectors"]["missing"]
    contains = documented["connectors"]["contains"]
    found = set(keys([done], contains)) | {"failed", "msg"}
    assert {"failed", "msg"} <= set(failure)
    # A connector of another class has no forecast, and over REST there is no key of a topic.
    left_out = ("forecast.", "plan.offsets.topic_keys", "preflight.")
    assert found == {one for one in paths(contains) if not one.startswith(left_out)}
    assert set(result) - {"changed", "diff", "warnings"} == set(documented) - OF_THE_CONTROLLER


def test_the_result_of_a_rollback_for_a_connector_is_that_of_a_reset() -> None:
    of_reset, of_rollback = (
        returned(module)["connectors"]["contains"] for module in ("connect_offset_reset", "connect_rollback")
    )
    assert set(paths(of_rollback)) == set(paths(of_reset))


def test_the_result_of_a_verification_is_the_one_that_is_documented(tmp_path: Path) -> None:
    documented = returned("connect_recovery_info")
    orders = Partition.of({"table": "orders"})
    cluster = FakeCluster(FakeConnector("c", {"connector.class": "Orders", "max.wait.ms": "1"}, {orders: {"id": 9}}))
    given = {"connect_url": ["http://connect-1:8083"], "connectors": ["c"], "backup_dir": str(tmp_path)}
    change = {"strategy": "offset", "offset": {"id": 1}, "config": {"max.wait.ms": 5}}
    params = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**given, **change}).validated_parameters
    reset(cluster, params, TaskContext(False, NOW, sleep=cluster.sleep, clock=lambda: cluster.seconds))
    params = ArgumentSpecValidator(CONNECT_RECOVERY_INFO).validate(given).validated_parameters
    result = wait_for_recovery(cluster, params, TaskContext(True, NOW, sleep=cluster.sleep)).result
    (one,) = result.pop("connectors").values()
    assert {*result} - {"changed"} | {"connectors"} == set(documented) - OF_THE_CONTROLLER
    contains = documented["connectors"]["contains"]
    # How far a connector of another class has delivered does not follow from its offsets.
    assert set(keys([one], contains)) == {path for path in paths(contains) if not path.startswith("history.")}
