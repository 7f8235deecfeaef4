# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that a support bundle names."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION
from ansible_collections.connectops.recovery.plugins.module_utils.versions import versions_here

GALAXY = Path(__file__).parents[2] / "galaxy.yml"


def test_the_version_is_that_of_the_collection() -> None:
    assert yaml.safe_load(GALAXY.read_text(encoding="utf-8"))["version"] == VERSION


def test_libraries_that_are_installed_have_a_version() -> None:
    versions = versions_here()
    assert versions["libraries"]["requests"].count(".") >= 1
    assert versions["ansible-core"].startswith("2.")
