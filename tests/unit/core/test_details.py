# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts with fewer details: what is well is counted, what is not is listed, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import with_details

STUCK, WELL = {"timezone": "PST"}, {"timezone": "UTC"}


def facts() -> dict[str, Any]:
    """A connector with one stuck partition and one that is well."""
    partitions = [STUCK, WELL]
    connector = {
        "verdict": "stuck",
        "counts": {"stuck": 1, "ok": 1},
        "config": {"poll.cron": "0 0 0 * * ?"},
        "verdicts": [
            {"partition": STUCK, "verdict": "stuck", "reasons": []},
            {"partition": WELL, "verdict": "ok", "reasons": []},
        ],
        # The last of them is of a kind that the core knows nothing about.
        **{key: [{"partition": one} for one in partitions] for key in ("offsets", "available", "counted_sheep")},
        "tasks": [{"id": 0}],
        "texts": ["a partition", "another"],
        "numbers": [1, 2],
        "findings": [{"code": "unread", "partition": WELL}],
        "records": [{"key": "k"}],
        "measures": {"timeouts": 3, "partitions": [{"partition": one} for one in partitions]},
        "remedies": {
            "default": "continue",
            "compared": [
                {"strategy": "continue", "report_runs": 3, "offsets": [1], "ignored": [], "partitions": [1, 2]}
            ],
        },
    }
    return {"verdict": "stuck", "preview": ["a line"], "connectors": {"orders": connector}}


def test_all_details_are_all_there_is() -> None:
    assert with_details(facts(), "all") == facts()


def test_only_the_partitions_that_are_not_well_are_listed() -> None:
    found = with_details(facts(), "problems")
    one = found["connectors"]["orders"]
    assert [
        [entry["partition"] for entry in one[key]] for key in ("verdicts", "offsets", "available", "counted_sheep")
    ] == [[STUCK]] * 4
    assert one["remedies"] == {"default": "continue", "compared": [{"strategy": "continue", "report_runs": 3}]}
    assert (one["measures"], one["records"]) == ({"timeouts": 3, "partitions": []}, [])
    # What is wrong, counted or said stays.
    for key in ("findings", "tasks", "texts", "numbers"):
        assert one[key] == facts()["connectors"]["orders"][key]
    assert (one["counts"], one["config"], found["preview"]) == (
        {"stuck": 1, "ok": 1},
        {"poll.cron": "0 0 0 * * ?"},
        ["a line"],
    )


def test_without_details_no_partition_is_listed() -> None:
    one = with_details(facts(), "none")["connectors"]["orders"]
    assert [one[key] for key in ("verdicts", "offsets", "available", "counted_sheep", "records")] == [[]] * 5
    assert one["counts"] == {"stuck": 1, "ok": 1}


@pytest.mark.parametrize("details", ["problems", "none"])
def test_a_connector_of_another_class_or_without_a_verdict_has_what_it_has(details: Any) -> None:
    bare = {"verdict": "unknown", "verdicts": [], "offsets": [{"partition": WELL, "offset": {}}], "remedies": None}
    found = with_details({"connectors": {"orders": bare}}, details)["connectors"]["orders"]
    assert found == {**bare, "offsets": [], "records": []}


def test_the_facts_of_before_are_not_touched() -> None:
    given = facts()
    before = json.dumps(given)
    with_details(given, "none")
    assert json.dumps(given) == before
