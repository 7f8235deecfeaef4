# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many examples a test with generated input takes."""

from __future__ import annotations

import os

from hypothesis import settings

# ``make enumerate`` takes many times as many, others each time.
TIMES = int(os.environ.get("TEST_EXAMPLES_TIMES") or 1)


def examples(count: int) -> settings:
    """The setting for ``count`` examples, which are the same in each run; ``make enumerate`` takes more, and new ones."""
    # How long an example takes says something about the machine, not about the code.
    return settings(max_examples=count * TIMES, derandomize=TIMES == 1, deadline=None)
