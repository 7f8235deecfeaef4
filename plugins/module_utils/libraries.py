# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads when libraries are missing: all that the task needs at once, and where to install them."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

# The package of each module that is imported under another name.
_PACKAGES = {"confluent_kafka": "confluent-kafka"}
# Set in the execution environments of AWX and ansible-navigator, or there in all of them.
_RUNNER_VARIABLE, _RUNNER_FOLDER = "AWX_PRIVATE_DATA_DIR", Path("/runner/project")

Advice = Callable[[Sequence[str]], str]


class MissingLibrary(RecoveryError):
    """Python libraries are not installed where the task runs; nothing was read or written."""


def missing_library(name: str, error: ImportError) -> MissingLibrary:
    """Return (not raise) the exception for the module ``name``; how to install it is added where the task ends."""
    return MissingLibrary(f"The Python library {_package(name)} is missing.", library=name, import_error=str(error))


def all_missing(first: MissingLibrary, modules: Iterable[str], advice: Advice) -> MissingLibrary:
    """The exception for everything that a task lacks of the modules that it needs, not only for the ``first`` that it missed."""
    name = str(first.facts["library"])
    lacking = [name, *(one for one in modules if one != name and not _is_installed(one))]
    packages = [_package(one) for one in lacking]
    noun = "library" if len(packages) == 1 else "libraries"
    verb = "is" if len(packages) == 1 else "are"
    return MissingLibrary(
        f"The Python {noun} {', '.join(packages)} {verb} missing: {advice(packages)}.",
        **{**first.facts, "libraries": lacking},
    )


def needed(params: Mapping[str, Any]) -> list[str]:
    """The modules that a task with these parameters may import, whatever the kinds of its connectors."""
    names = ["requests"]
    if params.get("kafka_bootstrap_servers"):
        names.append("confluent_kafka")
    if "metrics_dir" in params:
        names.append("prometheus_client")
    return names


def host_advice(packages: Sequence[str]) -> str:
    """Where a module was shipped to a host."""
    return (
        f"on {platform.node()}, run {sys.executable} -m pip install {' '.join(packages)}, or set ansible_python_interpreter to"
        " another Python"
    )


def controller_advice(packages: Sequence[str]) -> str:
    """Where the task runs in Ansible's own process. ansible_python_interpreter has no effect there."""
    names = " ".join(packages)
    if os.environ.get(_RUNNER_VARIABLE) or _RUNNER_FOLDER.is_dir():
        return f"add {names} to the Python requirements of the execution environment"
    prefix = Path(sys.prefix)
    if "pipx" in prefix.parts:
        return f"Ansible itself needs it here, so run pipx inject {prefix.name} {names}"
    return f"Ansible itself needs it here, so run {sys.executable} -m pip install {names}"


def _package(module: str) -> str:
    return _PACKAGES.get(module, module)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:
        # It was imported in an unusual way, or cannot be.
        return module in sys.modules and sys.modules[module] is not None
