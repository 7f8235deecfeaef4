# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all tests."""

from __future__ import annotations

import signal

import hypothesis
import pytest
from unit.examples import examples

hypothesis.settings.register_profile("tests", examples(100))
hypothesis.settings.load_profile("tests")


def pytest_configure() -> None:
    """Tests send signals, and a run that was started in the background or with nohup ignores them, with all that it starts."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


# Of the way through all files, where the last one begins that needs Kafka Connect.
_CONNECT_ENDS_AT = 0.75


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: with files side by side, the last one to begin decides the end.

    After these, mix those that wait for Kafka Connect with those that compute, so that the processor is always busy.
    """
    slow, waiting, computing = {}, {}, {}
    for item in items:
        needs_connect = "integration" in item.path.parts
        kind = slow if item.get_closest_marker("slow_file") else waiting if needs_connect else computing
        kind.setdefault(item.path, len(kind))
    starts = {
        **dict.fromkeys(slow, -1.0),
        **{path: number / len(waiting) * _CONNECT_ENDS_AT for path, number in waiting.items()},
        **{path: number / len(computing) for path, number in computing.items()},
    }
    items.sort(key=lambda item: starts[item.path])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the enumerations of faults have tried: a test that passes says nothing else."""
    tried = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed"))
        for name, value in report.user_properties
        if name == "faults" and report.when == "call"
    ]
    if tried:
        terminalreporter.section("Faults")
        for line in tried:
            terminalreporter.line(line)
