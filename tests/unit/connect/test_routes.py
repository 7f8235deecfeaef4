# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of calls about a connector: any name reaches that connector and no other one."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.routes import connector_path
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("orders", "/connectors/orders/offsets"),
        ("a b", "/connectors/a%20b/offsets"),
        ("a/../b", "/connectors/a%2F..%2Fb/offsets"),
        ("a?b#c%d", "/connectors/a%3Fb%23c%25d/offsets"),
        ("größe", "/connectors/gr%C3%B6%C3%9Fe/offsets"),
        ("...", "/connectors/.../offsets"),
    ],
)
def test_a_name_is_one_part_of_the_path(name: str, path: str) -> None:
    assert connector_path(name, "offsets") == path


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_address_something_else_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be used as the name of a connector over REST: check the name\."):
        connector_path(name, "offsets")
