# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs pip into the empty virtual environment in which it runs; takes the arguments of the get-pip script.

Replaces the script that ansible-test downloads: it uses the pip of another python.
"""

from __future__ import annotations

import subprocess
import sys

# Filled in by sanity.py, as ansible-test hands on neither arguments nor variables of ours.
PYTHON_WITH_PIP = ""

arguments = [argument for argument in sys.argv[1:] if argument not in {"--no-setuptools", "--no-wheel"}]
pip = [PYTHON_WITH_PIP, "-m", "pip", "--python", sys.executable]
sys.exit(subprocess.run([*pip, "install", *arguments], check=False).returncode)
