# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy on two real clusters: what deviates is found, previewed, fixed once, and a second run changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import policy_info
from confluent_kafka.admin import AdminClient, NewTopic
from integration.recovery.tasks import MAX_WAIT, run_task, succeeded
from integration.recovery.test_playbooks import outcome, record_counts
from lab import Lab
from lab.ansible_runs import run_playbook, write_inventory
from lab.days import ago, utc_day
from lab.scenarios import REPORT_TYPE, stuck_connector
from tooling.examples import blocks

GOOD = {
    MAX_WAIT: 3_600_000,
    "stripe.report.initial.load.dates": f"{REPORT_TYPE}:{utc_day(ago(1))}",
    "lab.start": "ok",
}
LOADS = "stripe.report.initial.load.dates"


@pytest.fixture(scope="module", name="lab")
def lab_of_two_clusters() -> Iterator[Lab]:
    with Lab(workers=1, clusters=2) as lab:
        yield lab


@pytest.fixture
def fleet(lab: Lab) -> Iterator[list[str]]:
    """On the first cluster a connector that deviates and one of another class; on the second one that is good."""
    first, second = lab.clusters
    account = lab.stripe.account("sk_test_prevent")
    keys = {"PST": account.key}
    first.create("low", lab.stripe_config(keys, [REPORT_TYPE], **{**GOOD, MAX_WAIT: 2_700_000, "tasks.max": 2}), [])
    second.create("good", lab.stripe_config(keys, [REPORT_TYPE], **GOOD), [])
    # Until then their configs are still being written.
    first.await_state("low", "RUNNING", tasks=2)
    second.await_state("good", "RUNNING", tasks=1)
    yield ["low", "good"]
    first.delete("low")
    second.delete("good")


def play(inventory: Path, *arguments: str) -> tuple[int, str]:
    done = run_playbook("prevent", inventory, arguments)
    return done.returncode, done.stdout


def changed(output: str) -> int:
    return sum(counts["changed"] for counts in outcome(output).values())


@pytest.mark.core_matrix
def test_one_deviation_in_a_fleet_of_two_is_found_previewed_and_fixed_once(
    lab: Lab, fleet: list[str], tmp_path: Path
) -> None:
    first, _second = lab.clusters
    inventory = write_inventory(lab, tmp_path)
    before = record_counts(lab)

    status, output = play(inventory)
    assert status == 2
    assert "tasks.max is 2, but must be 1." in output
    assert f"{MAX_WAIT} is 2700000 (45 min), but should be at least 3600000" in " ".join(output.split())
    assert "low of connect-1 deviates from the policy; see above." in output
    assert [outcome(output)[host]["failed"] for host in ("connect-1", "connect-2")] == [1, 0]
    _page_shows(output)

    # Check mode has the same way, in the next test.
    status, preview = play(inventory, "--diff", "-e", "connectops_fix=true", "-e", "connectops_mode=plan")
    assert record_counts(lab) == before, "what looks and previews writes nothing"
    assert (status, changed(preview)) == (0, 1), preview
    assert preview.count("1 connector checked, 0 deviate") == 2
    assert "+config tasks.max = 1" in preview

    status, output = play(inventory, "-e", "connectops_fix=true")
    assert status == 0, output
    assert changed(output) == 1
    config = first.config("low")
    assert (config["tasks.max"], config[MAX_WAIT]) == ("1", "3600000")

    after = record_counts(lab)
    status, output = play(inventory, "-e", "connectops_fix=true")
    assert (status, changed(output)) == (0, 0)
    assert record_counts(lab) == after


def _page_shows(output: str) -> None:
    """The page of the playbook has this run; the marks of an error differ between versions of ansible-core."""

    def lines(text: str) -> set[str]:
        return {
            re.sub(r"\d+", "N", " ".join(line.split())).rpartition("Action failed: ")[2] for line in text.splitlines()
        }

    (shown,) = (block for block in blocks("") if block.page == "docs/playbooks/prevent.md")
    in_error = lines(output.replace('"', " ").replace("msg:", "Action failed:"))
    assert lines(shown.text) - lines(output) - in_error == set()


@pytest.mark.lengthy
def test_one_cluster_after_the_other_is_fixed_and_the_first_that_still_deviates_ends_the_run(
    lab: Lab, fleet: list[str], tmp_path: Path
) -> None:
    first, second = lab.clusters
    first.request("PATCH", "/connectors/low/config", {LOADS: f"{REPORT_TYPE}:2026-13-01"})
    second.request("PATCH", "/connectors/good/config", {MAX_WAIT: "2700000"})
    one_by_one = {"connectops_fix": True, "connectops_serial": 1}
    reports = {"connectops_report_dir": str(tmp_path / "reports")}
    inventory = write_inventory(lab, tmp_path)
    given = {**one_by_one, **reports, "connectops_stop_on_failure": True}
    status, output = play(inventory, "-e", json.dumps(given))
    assert status == 2
    # The first one is fixed as far as it can be, the second one is not touched.
    assert first.config("low")["tasks.max"] == "1"
    assert second.config("good")[MAX_WAIT] == "2700000"
    (report,) = (tmp_path / "reports").glob("*/report.json")
    clusters = json.loads(report.read_text(encoding="utf-8"))["clusters"]
    assert [(one["label"], one["outcome"]) for one in clusters] == [
        ("connect-1", "deviates"),
        ("connect-2", "deviates"),
    ]

    status, output = play(inventory, "-e", json.dumps({**one_by_one, **reports}))
    assert status == 2
    assert "low of connect-1 deviates from the policy" in output
    assert second.config("good")[MAX_WAIT] == "3600000"
    newest = max((tmp_path / "reports").glob("*/report.json"))
    clusters = json.loads(newest.read_text(encoding="utf-8"))["clusters"]
    assert [(one["label"], one["outcome"]) for one in clusters] == [("connect-1", "deviates"), ("connect-2", "ok")]


@pytest.mark.lengthy
def test_what_nobody_but_a_person_can_fix_still_fails_and_the_rest_is_fixed(
    lab: Lab, fleet: list[str], tmp_path: Path
) -> None:
    first, second = lab.clusters
    second.request("PATCH", "/connectors/good/config", {LOADS: f"{REPORT_TYPE}:2026-13-01", "poll.cron": "midnight"})
    policy = {"stripe_reporting": {"settings": {"topic.prefix": {"pattern": "[a-z]+", "severity": "warning"}}}}
    given = ("-e", json.dumps({"connectops_policy": policy}), "-e", "connectops_fix=true")
    for mode in (("--check",), ()):
        status, output = play(write_inventory(lab, tmp_path), *given, *mode)
        text = " ".join(output.split())
        assert status == 2, output
        assert f"that of {REPORT_TYPE} is '2026-13-01'." in text
        assert "the Quartz expression 'midnight' cannot be read" in text
        assert "low of connect-1 deviates from the policy" in text
        assert "good of connect-2 deviates from the policy" in text
        assert changed(output) == 1
    assert first.config("low")["tasks.max"] == "1"
    # With only the errors in view, the cluster whose warning is left passes.
    status, output = play(write_inventory(lab, tmp_path), *given, "-e", "prevent_fail_on=error", "--limit", "connect-1")
    assert (status, changed(output)) == (0, 0), output


@pytest.mark.lengthy
@pytest.mark.parametrize(
    "variables, sentence",
    [
        (
            {"connectops_policy": {"orders": {"connector_class": "Orders", "settings": {"a": {"required": True}}}}},
            "No connector of these clusters is of the class orders of the policy",
        ),
        ({"connectops_connectors": "lwo", "connectops_hosts": "connect-1"}, 'connector "lwo" was not found'),
    ],
)
def test_a_name_that_does_not_exist_ends_the_run_before_anything_is_changed(
    lab: Lab, fleet: list[str], tmp_path: Path, variables: dict[str, Any], sentence: str
) -> None:
    before = record_counts(lab)
    status, output = play(write_inventory(lab, tmp_path), "-e", json.dumps({**variables, "connectops_fix": True}))
    assert status != 0
    assert sentence in " ".join(output.split())
    assert record_counts(lab) == before


def test_a_stuck_connector_is_left_to_its_recovery(lab: Lab, tmp_path: Path) -> None:
    stuck = stuck_connector(lab, "hangs", blocker_pending_seconds=15.0, blocker_ready_after_looks=60)
    status, output = play(write_inventory(lab, tmp_path), "-e", "connectops_fix=true", "--limit", "connect-1")
    assert status == 2
    assert "Stuck, so not changed: hangs. Recover with the playbook recover." in " ".join(output.split())
    assert stuck.cluster.config("hangs")[MAX_WAIT] == "1500"
    stuck.cluster.delete("hangs")


@pytest.mark.lengthy
def test_the_topics_of_a_connector_are_looked_at_where_kafka_can_be_asked(lab: Lab, fleet: list[str]) -> None:
    prefix = lab.clusters[0].config("low").get("topic.prefix", "stripe_reporting_")
    topic = f"{prefix}{REPORT_TYPE.replace('.', '_')}"
    settings = {"cleanup.policy": "compact,delete", "retention.ms": "3600000"}
    admin = AdminClient({"bootstrap.servers": lab.bootstrap_servers})
    (made,) = admin.create_topics([NewTopic(topic, 1, 1, config=settings)]).values()
    made.result(30)
    options = {"connect_url": lab.clusters[0].urls, "connectors": ["low"], "cluster_label": "c"}
    asked = succeeded(run_task(policy_info, **options, kafka_bootstrap_servers=[lab.bootstrap_servers]))
    found = {one["rule"]: one for one in asked["connectors"]["low"]["deviations"] if one["topic"] == topic}
    assert set(found) == {"topic_compacted", "topic_retention"}
    assert all(one["fix"] is None for one in found.values())
    assert asked["connectors"]["low"]["not_looked_at"] == []
    # Brokers that were named and cannot be asked are no success.
    nobody = succeeded(run_task(policy_info, **options, kafka_bootstrap_servers=["127.0.0.1:9"]))
    (unread,) = (one for one in nobody["connectors"]["low"]["deviations"] if one["rule"] == "readable")
    assert unread["severity"] == "unknown"
    assert re.search("127.0.0.1:9", unread["message"])
