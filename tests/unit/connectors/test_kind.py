# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A class of connectors is one folder and one line in the registry: shown with a toy that counts sheep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors import registry
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import (
    ConnectorKind,
    Data,
    Decision,
    Judgement,
    Read,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found, Results
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    KindReport,
    SourceReport,
    Wait,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.run import run_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits, Reason, judged_by
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import ChangeRequest, make_plan
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import NOW

MEADOW = Partition.of({"meadow": "north"})


@dataclass(frozen=True)
class Flock:
    """The situation of the toy: how many sheep were counted, and how many there are."""

    connector: Connector
    counted: int
    there_are: int


@dataclass(frozen=True)
class SheepCounter(ConnectorKind[Flock]):
    there_are: int

    name = "sheep"
    recovers = True
    default_floors: ClassVar[Mapping[str, str]] = {"meadow.size": "10"}
    settings = frozenset({"meadow.size"})

    @staticmethod
    def report(results: Results) -> KindReport:
        source = SourceReport("count", Wait("meadow.size"), runs_needed=results.facts.get("sheep"))
        return KindReport("meadows", source, ("Close the gate.",))

    @classmethod
    def read(cls, params: Mapping[str, Any], shared: Sharing) -> SheepCounter:
        return cls(params["sheep"])

    def fits(self, connector: Connector) -> bool:
        return connector.connector_class == "SheepSource"

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def read_outside(self, read: Read) -> Flock:
        (offset,) = read.connector.stored.values()
        return Flock(read.connector, int(offset["counted"] or 0), self.there_are)

    def judge(self, situation: Flock, limits: Limits, requests: Sequence[ResetRequest]) -> Judgement:
        missed = situation.there_are - situation.counted
        reason = Reason("sheep_missed", f"{missed} sheep not counted", missed, 0)
        return Judgement((judged_by(MEADOW, [("stuck", reason)] if missed else []),), {"sheep": situation.there_are})

    def state_lines(self, facts: Data) -> list[str]:
        return [f"  {facts['sheep']} sheep: {facts['verdicts'][0]['reasons'][0]['message']}"]

    def remark(self, facts: Data) -> str:
        return "counts sheep"

    def decide(self, situation: Flock, request: ResetRequest) -> Decision:
        return Decision({MEADOW: {"counted": 0}}, {"to_count": situation.there_are}, remark="counts from the start")

    def plan_lines(self, plan: Data, forecast: Data | None, config: Mapping[str, str]) -> list[str]:
        assert forecast is not None
        return [f"  count {forecast['to_count']} sheep again"]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> registry.Kinds:
    monkeypatch.setattr(registry, "KINDS", (SheepCounter, *registry.KINDS))
    params = {"sheep": 7, "ask_stripe": False, "stripe_api_keys": None, "stripe_api_url": "", "stripe_timezones": []}
    return registry.kinds_from(params, SharedAnswers())


def connector(plugin_class: str, **settings: str) -> Connector:
    return Connector(
        name="flock",
        type="source",
        state="RUNNING",
        worker_id="w:1",
        tasks=(Task(0, "RUNNING", "w:1"),),
        config={"connector.class": plugin_class, **settings},
        offsets=(StoredOffset(MEADOW, {"counted": 4}),),
    )


def test_a_connector_of_the_new_kind_is_judged_by_it(kinds: registry.Kinds) -> None:
    judged = Judge("farm", Limits(), kinds)(Read(connector("SheepSource"), NOW))
    assert (judged.facts["profile"], judged.facts["verdict"], judged.recovers) == ("sheep", "stuck", True)
    assert judged.lines("all") == ["farm  flock  RUNNING 1/1  counts sheep", "", "  7 sheep: 3 sheep not counted"]


def test_a_connector_of_the_new_kind_is_reset_by_it(kinds: registry.Kinds) -> None:
    request = ChangeRequest(ResetRequest("delete"), {}, {}, "farm")
    # Without settings to change, the plan needs nothing of the cluster.
    planned = make_plan(None, connector("SheepSource"), request, kinds, "kafka-1", None, NOW)  # type: ignore[arg-type]
    assert [change.after for change in planned.plan.offsets] == [{"counted": 0}]
    assert planned.preview[-1] == "  count 7 sheep again"
    assert planned.forecast == {"to_count": 7}
    assert "counts from the start" in planned.preview[0]
    assert planned.profile == "sheep"


@pytest.mark.usefixtures("kinds")
def test_its_kind_adds_to_the_report_on_a_connector() -> None:
    facts = {"profile": "sheep", "verdict": "stuck", "sheep": 7}
    found = Found("farm", offsets={"read_at": NOW, "connectors": {"flock": facts}})
    run = run_report(
        "identify", [found], registry.report_of_kind, made_at=int(NOW), run_by="shepherd", is_preview=False
    )
    (farm,) = run.clusters
    (source,) = (one.kind.source for one in farm.connectors)
    assert source is not None
    assert source.message == "Counts to catch up: 7 (left alone: never catches up)."
    assert [item.step for item in farm.checklist][:3] == [
        "Step 1: Increase meadow.size",
        "Step 2: Identify all stuck meadows",
        "Step 3: Reset stale offsets for stuck meadows",
    ]
    assert "flock: Close the gate." in farm.open_points


@pytest.mark.parametrize(
    "results, partitions",
    [
        (Results(facts={"profile": "sheep"}), "meadows"),
        (Results(facts={"profile": "generic"}, change={"profile": "sheep"}), "meadows"),
        (Results(recovery={"profile": "sheep"}), "meadows"),
        (Results(policy={"class": "sheep"}), "meadows"),
        (Results(recovery={"profile": "stripe_reporting"}), "timezones"),
        (Results(facts={"profile": "orders"}, policy={"class": None}), "partitions"),
        (Results(), "partitions"),
    ],
)
@pytest.mark.usefixtures("kinds")
def test_the_kind_of_a_report_is_known_from_any_step(results: Results, partitions: str) -> None:
    assert registry.report_of_kind(results).partitions == partitions


@pytest.mark.parametrize("name", ["sheep", "stripe_reporting", "sink", "generic"])
@pytest.mark.usefixtures("kinds")
def test_a_profile_does_not_have_the_name_of_a_kind(name: str) -> None:
    profiles = [{"name": "orders", "connector_class": "A"}, {"name": name, "connector_class": "B"}]
    with pytest.raises(InputError) as caught:
        registry.kinds_from({"profiles": profiles}, SharedAnswers())
    assert caught.value.message == f"profiles[1]: the name {name} has a meaning already: write another name."


@pytest.mark.parametrize("profile", [{"name": ["sink"], "connector_class": "A"}, "sink", None])
def test_a_profile_that_is_none_is_refused_by_its_own_reader(profile: Any) -> None:
    with pytest.raises(InputError, match=r"^profiles\[0\]"):
        registry.kinds_from({"profiles": [profile], "stripe_timezones": []}, SharedAnswers())


@pytest.mark.parametrize(
    "plugin_class, settings, name",
    [
        ("SheepSource", {}, "sheep"),
        ("org.other.StripeSourceConnector", {"stripe.report.types": "a.1"}, "stripe_reporting"),
        ("io.debezium.Thing", {}, "generic"),
    ],
)
def test_the_first_kind_that_fits_counts(
    kinds: registry.Kinds, plugin_class: str, settings: Mapping[str, str], name: str
) -> None:
    assert registry.kind_of(kinds, connector(plugin_class, **settings)).name == name


def test_only_the_settings_of_its_kind_are_shown_of_a_connector(kinds: registry.Kinds) -> None:
    own = {"connector.class": "SheepSource", "meadow.size": "https://shepherd:s3cret@meadow"}
    of = connector("SheepSource", **{**own, "api.token": "s3cret", "harmless": "but unknown"})
    assert registry.shown_settings(kinds, of) == {**own, "meadow.size": "https://********@meadow"}
