# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connectors a run may change, and when they are too many."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.selection import (
    Selection,
    selection_lines,
    too_many,
)

FACTS: dict[str, Any] = {
    "recoverable": ["a", "b"],
    "unfinished": ["c"],
    "stuck_after_resume": ["c", "d", "e"],
}


@pytest.mark.parametrize(
    "named, agreed, stay, connectors, stuck_after_resume, not_agreed",
    [
        ((), None, (), ("a", "b", "c"), ("d", "e"), ()),
        ((), None, ("d",), ("a", "b", "c"), ("e",), ()),
        # A user who names connectors has decided about the others.
        (("x",), None, (), ("x",), (), ()),
        (("y", "x", "y"), None, (), ("y", "x"), (), ()),
        # What was not agreed to is reported and left alone.
        ((), {"a": "1", "d": "2"}, (), ("a", "d"), ("e",), ("b", "c")),
        ((), {}, (), (), ("d", "e"), ("a", "b", "c")),
        (("a",), {"a": "1"}, (), ("a",), (), ("b", "c")),
    ],
)
def test_what_a_reset_may_change(
    named: tuple[str, ...],
    agreed: Any,
    stay: tuple[str, ...],
    connectors: Any,
    stuck_after_resume: Any,
    not_agreed: Any,
) -> None:
    assert Selection.of_reset(FACTS, named, agreed, stay) == Selection(connectors, stuck_after_resume, not_agreed)


def test_nothing_is_changed_in_a_cluster_that_was_not_read() -> None:
    assert Selection.of_reset({}, ("a",), {"a": "1"}, ()) == Selection()


def test_a_rollback_takes_back_what_is_named_or_agreed() -> None:
    assert Selection.of_rollback(("a",), None).connectors == ("a",)
    assert Selection.of_rollback(("b", "a", "b"), None).connectors == ("b", "a")
    assert Selection.of_rollback((), {"b": "1"}).connectors == ("b",)


def test_what_is_left_alone_is_told_by_cluster() -> None:
    clusters = {"eu": Selection(not_agreed=("a", "b")), "us": Selection(("c",))}
    assert selection_lines(clusters)[:2] == ["Not among the agreed plans, so not changed:", "  eu: a, b"]
    assert selection_lines({"us": Selection(("c",))}) == []


def test_too_many_connectors_are_refused_with_their_number_and_place() -> None:
    clusters = {"eu": ["a", "b", "c"], "us": ["d"], "ap": []}
    assert too_many(clusters, 4) is None
    found = too_many(clusters, 3)
    assert found is not None
    assert found.sentence == "Not changed: this run may change 4 connectors, and connectops_max_changes allows 3."
    assert " ".join(" ".join(found.lines).split()) == (
        "This run may change 4 connectors of 2 clusters, and connectops_max_changes allows 3: nothing is changed. Most are in eu"
        " (3), us (1). Limit the run to some clusters (--limit), or set connectops_max_changes to 4 to allow that many."
    )
