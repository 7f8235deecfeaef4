# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relative paths: made absolute by the controller, refused by a module."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_CONFIG,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.paths import (
    relative_path_problem,
    with_absolute_paths,
)

SPEC = {**CONNECT_CONFIG, **CONNECT_OFFSET_RESET, **CONNECT_OFFSETS_FACTS}
FILES = sorted(name for name, option in SPEC.items() if option["type"] == "path")
LISTS = sorted(name for name, option in SPEC.items() if option.get("elements") == "path")


def test_the_options_that_name_files_are_known_as_such() -> None:
    tls = ["ca_path", "client_cert", "client_key"]
    assert sorted(["backup_dir", "backup_file", "report_file", *tls, *(f"kafka_{name}" for name in tls)]) == FILES
    assert LISTS == ["worker_logs"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("certs/ca.pem", "/start/certs/ca.pem"),
        ("../ca.pem", "/ca.pem"),
        ("/etc/ca.pem", "/etc/ca.pem"),
        ("~/ca.pem", "~/ca.pem"),
        ("$CERTS/ca.pem", "$CERTS/ca.pem"),
        ("topic:backups/eu/orders/20261123T060000Z-a", "topic:backups/eu/orders/20261123T060000Z-a"),
        ("", ""),
        (None, None),
    ],
)
def test_a_relative_path_begins_at_the_start_folder(name: str, path: Any, found: Any) -> None:
    assert with_absolute_paths(SPEC, {name: path}, "/start") == {name: found}


@pytest.mark.parametrize("logs", [["a.log", "/b.log"], "a.log,/b.log"])
def test_every_path_of_a_list_counts(logs: Any) -> None:
    assert with_absolute_paths(SPEC, {"worker_logs": logs}, "/start") == {"worker_logs": ["/start/a.log", "/b.log"]}
    problem = relative_path_problem(SPEC, {"worker_logs": logs})
    assert problem is not None
    assert problem.startswith("worker_logs a.log is a relative path")


def test_other_options_and_values_that_are_no_paths_stay() -> None:
    params = {"cluster_label": "a/b", "stripe_timezones": ["PST"], "unknown": "x", "worker_logs": 5}
    assert with_absolute_paths(SPEC, params, "/start") == params
    assert relative_path_problem(SPEC, params) is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("backups", "backup_dir backups is a relative path"),
        ("$UNSET/backups", "backup_dir $UNSET/backups begins with an environment variable that is not set"),
        ("/backups", None),
        ("topic:backups/eu/orders/20261123T060000Z-a", None),
        ("~nobody-of-this-name/backups", None),
        (None, None),
    ],
)
def test_a_module_refuses_a_relative_path(path: str | None, words: str | None) -> None:
    problem = relative_path_problem(SPEC, {"backup_dir": path})
    assert (problem or "").startswith(words or "")
    assert (problem is None) == (words is None)
