# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is loaded before Ansible forks."""

from __future__ import annotations

import subprocess
import sys

from ansible_collections.connectops.recovery.plugins.plugin_utils import preload


def test_it_is_there_before_the_fork_and_out_of_the_way_of_garbage_collection() -> None:
    script = f"""
import gc, sys
from {preload.__name__} import _MODULES, preload
preload()
print(all(name in sys.modules for name in _MODULES), gc.get_freeze_count() > len(gc.get_objects()))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"]
