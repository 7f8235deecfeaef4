#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: show_preview
short_description: Print the lines of a preview unchanged
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Prints lines to the screen and the log without quotes or indentation.
  - AWX shows printed lines without the name of the host, and shortens them in its list of events. The result has all lines.
  - The module runs on the control node only.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  lines:
    description: Lines to print, such as the C(preview) that the other modules return.
    type: list
    elements: str
    required: true
attributes:
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is nothing to show.
seealso:
  - module: connectops.recovery.connect_offset_reset
  - module: connectops.recovery.connect_offsets_facts
"""

EXAMPLES = r"""
- name: Read all connectors of a cluster
  connectops.recovery.connect_offsets_facts:
    connect_url: http://connect-1:8083

- name: Show the result
  connectops.recovery.show_preview:
    lines: "{{ ansible_facts['connectops_offsets'].preview }}"
"""

RETURN = r"""
lines:
  description: The lines, as they were given.
  returned: success
  type: list
  elements: str
  sample: ["connect-1  orders  RUNNING 1/1"]
"""
