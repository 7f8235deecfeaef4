# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the modules support."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of every module."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Makes all reads and checks, returns the same plan, and writes nothing.
    support: full
  diff_mode:
    description: Shows exactly what changes, before and after.
    support: full
"""

    FACTS = r"""
options: {}
attributes:
  check_mode:
    description: The module only reads, so check mode makes no difference.
    support: full
  diff_mode:
    description: The module changes nothing, so there is nothing to show.
    support: N/A
  facts:
    description: Returns facts.
    support: full
"""

    BUNDLE = r"""
options: {}
attributes:
  check_mode:
    description: Makes all reads, returns what the bundle would hold, and writes no file.
    support: full
  diff_mode:
    description: The module changes nothing in the cluster, so there is nothing to show.
    support: N/A
"""

    LISTS = r"""
options: {}
attributes:
  check_mode:
    description: The module only reads, so check mode makes no difference.
    support: full
  diff_mode:
    description: The module changes nothing, so there is nothing to show.
    support: N/A
"""

    MEASURES = r"""
options: {}
attributes:
  check_mode:
    description: Makes all reads, returns the same metrics, and neither writes nor pushes them.
    support: full
  diff_mode:
    description: The module changes nothing in the cluster, so there is nothing to show.
    support: N/A
"""

    COMPARES = r"""
options: {}
attributes:
  check_mode:
    description: The module only reads. In check mode the settings in O(planned) count as written.
    support: full
  diff_mode:
    description: The module changes nothing, so there is nothing to show.
    support: N/A
"""

    WAITS = r"""
options: {}
attributes:
  check_mode:
    description: The module only reads the cluster. In check mode it looks once, waits for nothing and keeps no sample.
    support: full
  diff_mode:
    description: The module changes nothing, so there is nothing to show.
    support: N/A
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/connectops.recovery.all) in C(module_defaults) to set the connection once for all modules.
    support: full
    membership:
      - connectops.recovery.all
"""

    OFFSETSGROUP = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/connectops.recovery.all) in C(module_defaults) to set the connection once for all modules, and
        C(group/connectops.recovery.offsets) to set the options for Stripe and backups.
    support: full
    membership:
      - connectops.recovery.all
      - connectops.recovery.offsets
"""
