# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of workers' log files, in the order in which things happened."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import log_lines


def lines_of(*paths: Path, tail_bytes: int = 1000) -> list[str]:
    return [line for line in log_lines([str(path) for path in paths], tail_bytes) if line]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "connect.log"


def test_the_lines_of_a_file_are_read_in_order(log: Path) -> None:
    log.write_text("one\ntwo\nthree")
    assert lines_of(log) == ["one", "two", "three"]


@pytest.mark.parametrize("tail_bytes, lines", [(14, ["one", "two", "three"]), (13, ["two", "three"]), (8, ["three"])])
def test_of_a_long_file_only_whole_lines_of_its_end_are_read(log: Path, tail_bytes: int, lines: list[str]) -> None:
    log.write_text("one\ntwo\nthree\n")
    assert lines_of(log, tail_bytes=tail_bytes) == lines


def test_the_end_is_8_mib(log: Path) -> None:
    line = "x" * 1023
    log.write_text(f"{line}\n" * 10_000)
    assert len([one for one in log_lines([str(log)]) if one]) in (8191, 8192)


def test_bytes_that_are_no_text_are_replaced(log: Path) -> None:
    log.write_bytes(b"a\xff\xfeb\n\x00\n")
    assert lines_of(log) == ["a\ufffd\ufffdb", "\x00"]


def test_an_empty_file_has_no_lines(log: Path) -> None:
    log.touch()
    assert lines_of(log) == []


def test_entries_of_several_workers_come_in_the_order_of_their_moments(tmp_path: Path) -> None:
    one, other = tmp_path / "worker-1.log", tmp_path / "worker-2.log"
    one.write_text("[2026-11-23 00:00:02,000] second\n\tat its stack\n[2026-11-23 00:00:04,000] fourth\n")
    other.write_text("cut off\n[2026-11-23 00:00:01,000] first\n[2026-11-23 00:00:03,000] third\n")
    expected = ["cut off", "first", "second", "\tat its stack", "third", "fourth"]
    assert [line.rpartition("] ")[2] for line in lines_of(one, other)] == expected
    assert lines_of(other, one) == lines_of(one, other)


def test_a_clock_that_was_set_back_does_not_change_the_order_of_a_file(tmp_path: Path) -> None:
    one, other = tmp_path / "worker-1.log", tmp_path / "worker-2.log"
    one.write_text("2026-11-23T02:00:00.5Z a\n2026-11-23T01:00:00.5Z b\n")
    other.write_text("2026-11-23T01:30:00.5Z c\n")
    assert [line[-1] for line in lines_of(one, other)] == ["c", "a", "b"]


def test_files_without_moments_come_as_they_are_named(tmp_path: Path) -> None:
    one, other = tmp_path / "worker-1.log", tmp_path / "worker-2.log"
    one.write_text("a\n")
    other.write_text("b\n")
    assert lines_of(other, one) == ["b", "a"]


@pytest.mark.parametrize("make, why", [(Path, "No such file or directory"), (Path.mkdir, "Is a directory")])
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(log: Path, make: object, why: str) -> None:
    assert callable(make)
    make(log)
    with pytest.raises(InputError) as caught:
        lines_of(log)
    expected = f"The log file {log} cannot be read ({why}): name a readable file of a Connect worker's log."
    assert caught.value.message == expected
