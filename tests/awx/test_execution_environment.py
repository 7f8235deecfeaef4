# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-builder finds the libraries of the collection and accepts the example of an execution environment."""

from __future__ import annotations

from pathlib import Path

import yaml
from awx.programs import Run
from tooling.environment import ROOT


def test_an_execution_environment_with_the_collection_gets_its_libraries(run: Run) -> None:
    shown = run("ansible-builder", "introspect", str(ROOT / ".cache" / "collections"))
    assert shown.returncode == 0, shown.stdout
    found = yaml.safe_load(shown.stdout)
    names = {line.partition("  #")[0].partition(">=")[0] for line in found["python"]}
    assert names == {"confluent-kafka", "croniter", "prometheus_client", "requests", "stripe"}
    assert found["system"] == []


def test_the_example_makes_a_build_context(run: Run, tmp_path: Path) -> None:
    example = ROOT / "extensions" / "awx" / "execution-environment.yml"
    made = run(
        "ansible-builder", "create", "-f", str(example), "-c", str(tmp_path), "--output-filename", "Containerfile"
    )
    assert made.returncode == 0, made.stdout
    collections = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert collections == {"collections": [{"name": "connectops.recovery"}]}
    text = (tmp_path / "Containerfile").read_text(encoding="utf-8")
    assert "ansible-core~=2.19.0" in text
    assert "introspect.py introspect" in text
