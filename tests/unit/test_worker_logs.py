# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of workers' logs, in the order in which things happened: of files, of the journal, and of a command."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils import worker_logs
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import WorkerLogs, read_worker_logs
from lab.waiting import LIMIT_SECONDS, await_condition


def lines_of(*paths: Path, tail_bytes: int = 1000) -> list[str]:
    logs = read_worker_logs(WorkerLogOptions(files=tuple(map(str, paths))), tail_bytes)
    assert logs.problems == ()
    return [line for line in logs.lines if line]


def printed(code: str, **limits: float) -> WorkerLogs:
    """What is read of a command that runs this Python."""
    options = WorkerLogOptions(command=(sys.executable, "-c", code))
    return read_worker_logs(options, int(limits.get("tail_bytes", 1000)), limits.get("command_seconds", LIMIT_SECONDS))


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
    logs = read_worker_logs(WorkerLogOptions(files=(str(log),)))
    assert len([one for one in logs.lines if one]) in (8191, 8192)


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


# What a command prints


def test_the_output_of_a_command_is_read_without_a_shell() -> None:
    logs = read_worker_logs(
        WorkerLogOptions(command=(sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;a b"))
    )
    assert logs == WorkerLogs(("$HOME;a b", ""))


def test_of_a_long_output_only_whole_lines_of_its_end_are_kept() -> None:
    logs = printed("for n in range(200_000): print(f'{n:07}')", tail_bytes=20)
    assert logs == WorkerLogs(("0199998", "0199999", ""))


def test_a_command_gets_no_input_to_wait_for() -> None:
    assert printed("import sys; print(sys.stdin.read() or 'nothing')").lines[0] == "nothing"


def test_a_command_that_fails_is_one_sentence_without_secrets() -> None:
    logs = printed("import sys; print('a line'); sys.exit('no pod\\n with password=s3cretvalue')")
    assert logs.lines == ()
    (problem,) = logs.problems
    assert problem.startswith(f"worker_log_command: {sys.executable} ended with status 1 (no pod with password=")
    assert problem.endswith(": run the command by hand on the host that runs the task.")
    assert "s3cretvalue" not in problem


def test_a_program_that_does_not_exist_is_one_sentence() -> None:
    logs = read_worker_logs(WorkerLogOptions(command=("kubectl logs connect-0",)))
    (problem,) = logs.problems
    assert problem == (
        "worker_log_command: kubectl logs connect-0 cannot be started (No such file or directory): write the program and each of"
        " its arguments as an entry of a list."
    )


def test_a_command_that_does_not_end_is_ended_with_all_that_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    child = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep({2 * LIMIT_SECONDS})"
    wait = worker_logs._Command.wait

    def wait_for_child(process: worker_logs._Command, seconds: float | None = None) -> int:
        await_condition(started.exists, "the child")
        return wait(process, seconds)

    monkeypatch.setattr(worker_logs._Command, "wait", wait_for_child)
    began = time.monotonic()
    # The child has the same output, so reading it to its end would take as long as the child lives.
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]).wait()"
    logs = printed(code, command_seconds=0.1)
    assert time.monotonic() - began < LIMIT_SECONDS
    assert logs.problems == (
        f"worker_log_command: {sys.executable} did not end within 0.1 s, so its output was not used: let it print less.",
    )


def test_what_a_command_leaves_behind_in_a_group_of_its_own_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_logs, "_DRAIN_SECONDS", 0.2)
    began = time.monotonic()
    child = f"import time; time.sleep({2 * LIMIT_SECONDS})"
    start = f"subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    left = printed(f"import subprocess, sys; print({start}.pid, flush=True)").lines[0]
    os.kill(int(left), signal.SIGKILL)
    assert time.monotonic() - began < LIMIT_SECONDS


def test_a_command_that_fails_hides_no_file(log: Path) -> None:
    log.write_text("one")
    logs = read_worker_logs(WorkerLogOptions(files=(str(log),), command=("/no/such",)))
    assert (logs.lines, len(logs.problems)) == (("one",), 1)


# The journal. Machines of tests have none, so its program is one that prints what the real one prints.


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with what ``journalctl`` prints; beside it the arguments of its last call."""
    output, program = tmp_path / "journal.json", tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat {output}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return output


def journal_entry(message: object, second: int) -> str:
    return json.dumps({"MESSAGE": message, "__REALTIME_TIMESTAMP": str(1_795_413_600_250_000 + second * 1_000_000)})


def test_the_journal_of_a_unit_reads_like_a_log_file(journal: Path) -> None:
    entries = [
        journal_entry("ERROR [orders|task-0] Error while polling", 0),
        journal_entry("java.io.IOException: full", 0),
        journal_entry("\tat a.b.C.poll(C.java:1)", 0),
        journal_entry([0x49, 0xFF], 1),
        journal_entry(None, 2),
        journal_entry("in a year that no calendar has", 10**12),
        journal_entry("at a moment that nobody can reckon with", 10**400),
    ]
    journal.write_text("\n".join([*entries, "no JSON", ""]))
    logs = read_worker_logs(WorkerLogOptions(units=("kafka-connect",)))
    assert logs.lines == (
        "[2026-11-23T06:00:00.250000Z] ERROR [orders|task-0] Error while polling",
        "java.io.IOException: full",
        "\tat a.b.C.poll(C.java:1)",
        "[2026-11-23T06:00:01.250000Z] I\ufffd",
    )
    arguments = (journal.parent / "arguments").read_text().split()
    assert arguments[:3] == ["--unit", "kafka-connect", "--output=json"]


def test_a_unit_without_entries_is_one_sentence(journal: Path) -> None:
    journal.write_text("")
    logs = read_worker_logs(WorkerLogOptions(units=("kafka-conect",)))
    (problem,) = logs.problems
    assert problem.startswith(
        "worker_log_units: the journal has no readable entry of the unit kafka-conect: check its name"
    )


def test_a_machine_without_a_journal_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = read_worker_logs(WorkerLogOptions(units=("kafka-connect",))).problems
    assert problem.startswith(
        "worker_log_units: kafka-connect: journalctl cannot be started (No such file or directory)"
    )
