# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs pip into the empty virtual environment in which it runs; takes the arguments of the get-pip script.

Replaces the script that ansible-test downloads: it uses Python's own pip to install the wanted one.
"""

from __future__ import annotations

import runpy
import subprocess
import sys

# A process of its own, as ensurepip drops pip's settings (a proxy, a mirror, a certificate) from the environment.
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
arguments = [argument for argument in sys.argv[1:] if argument not in {"--no-setuptools", "--no-wheel"}]
sys.argv[1:] = ["install", *arguments]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
