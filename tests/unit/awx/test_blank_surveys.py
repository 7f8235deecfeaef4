# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys that are shipped for AWX, left blank: the playbooks behave as if nothing was given.

Here are the jobs that end before connectors are read; ``tests/integration/recovery/test_awx.py`` has the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.awx.objects import questions, templates
from unit.playbooks.test_options import Unsafe, play

ENDS_WITH = {
    "Connect: apply": "connectops_mode is agreed, but no agreed plan is given",
    "Connect: backups": "failed=0",
    "Connect: roll back": "The variable connectops_connectors is not set or empty",
    # Blank names no connectors, so it looks for those that were changed, in a cluster that cannot be reached here.
    "Connect: verify": "cannot be reached",
}
# AWX writes them in both ways; since ansible-core 2.19 the second one is loaded as None.
BLANKS = ("", Unsafe(""))


def blank_answers(name: str) -> dict[str, Any]:
    """The variables of a job of which no question is answered."""
    template = templates()[name]
    variables = sorted(questions(template))
    # No two templates begin with the same kind of blank, and those of a reset have the same questions.
    first = list(templates()).index(name)
    blanks = {variable: BLANKS[(first + number) % 2] for number, variable in enumerate(variables)}
    return {**template.get("extra_vars", {}), **blanks}


@pytest.mark.parametrize("name", ENDS_WITH)
def test_a_blank_survey_is_no_answer(name: str, tmp_path: Path) -> None:
    template = templates()[name]
    playbook = f"connectops.recovery.{template['playbook']}"
    given = {"connectops_backup_dir": str(tmp_path / "backups")}
    blank = play(playbook, tmp_path, {**blank_answers(name), **given})
    assert ENDS_WITH[name] in blank[1]
    assert blank == play(playbook, tmp_path, {**template.get("extra_vars", {}), **given})
