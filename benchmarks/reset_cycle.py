# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset takes beyond Kafka Connect's own time, and what many connectors in one call take.

``make bench`` runs it on a lab of one worker and on one of two; by hand, 1 or 2 as its argument chooses one of them. A reset is
compared with bare requests that wait for the same states: they write no backup, make no plan and check nothing. For several
connectors these run side by side: all are stopped together, wait together and are returned together, as in one call. Once more
they also mark each connector and remove the mark, in the order of a reset: each of these writes restarts the connector object,
so no run that leaves marks is faster.

All ways are run in turn, and their medians compared. None of them watches a resumed task for the two seconds in which a bad
offset would show: that time is the same for all, and would hide what is compared. At last all connectors are reset in one call
as a user does it, watched, in turn with single ones; its median is compared with that of the single one whose median is slowest.

All of this runs in a process of its own, as a task of Ansible does: the lab's process answers for Stripe meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change import applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from lab.days import ago
from lab.lab import Lab
from lab.scenarios import REPORT_TYPE, stripe_offset, stripe_partition

CONNECTORS = 20
# The number of connectors that are reset alone as well, watched, in each round.
SINGLES = 3
ROUNDS = 5
# A worker's Java is slow at first.
ROUNDS_BEFORE = 1
ZONE = "PST"
POLL_SECONDS = 0.02
# How long one connector waits for the others: a failed one ends the run.
LONGEST_WAIT_SECONDS = 60
# All read what was written twice alike, with this pause.
READ_AGAIN_SECONDS = 0.1


def main() -> None:
    for workers in map(int, sys.argv[1:] or ("1", "2")):
        with Lab(workers=workers) as lab, tempfile.TemporaryDirectory(prefix="connectops-bench-") as folder:
            names = [f"connector-{number:02}" for number in range(CONNECTORS)]
            for name in names:
                _create(lab, name)
            for name in names:
                lab.connect.await_state(name, "RUNNING", tasks=1)
            print(f"{workers} worker{'s' if workers > 1 else ''}, load {os.getloadavg()[0]:.1f}:", flush=True)
            measuring = multiprocessing.get_context("spawn").Process(
                target=_measure, args=(lab.connect.urls, folder, names)
            )
            measuring.start()
            measuring.join()
            if measuring.exitcode:
                sys.exit("The measurement has failed: what it has printed says why.")


def _measure(urls: list[str], folder: str, names: list[str]) -> None:
    days = count(5)
    one = names[:1]
    ways: dict[str, Callable[[int], float]] = {
        "bare one": lambda day: _bare(urls, one, day),
        "reset of one": lambda day: _reset(urls, folder, one, day),
        "bare": lambda day: _bare(urls, names, day),
        "marked": lambda day: _bare(urls, names, day, marked=True),
        "reset": lambda day: _reset(urls, folder, names, day),
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    with patch.object(applier, "_WATCH_SECONDS", 0.0):
        for round_number in range(ROUNDS_BEFORE + ROUNDS):
            for way in ways if round_number % 2 else reversed(ways):
                seconds = ways[way](next(days))
                if round_number >= ROUNDS_BEFORE:
                    took[way].append(seconds)
    _show("one connector, bare requests", took["bare one"])
    _show("one connector, reset", took["reset of one"], took["bare one"], "the bare requests")
    _show(f"{len(names)} side by side, bare requests", took["bare"], took["bare one"], "those for one connector")
    _show(f"{len(names)} side by side, bare and marked", took["marked"], took["bare one"], "the bare ones for one")
    _show(f"{len(names)} in one call", took["reset"], took["marked"], "the bare and marked ones")
    singles: dict[str, list[float]] = {name: [] for name in names[:SINGLES]}
    together: list[float] = []
    for _round in range(ROUNDS):
        for name, seconds in singles.items():
            seconds.append(_reset(urls, folder, [name], next(days)))
        together.append(_reset(urls, folder, names, next(days)))
    slowest = max(singles.values(), key=statistics.median)
    _show(f"one connector, watched, slowest of {SINGLES}", slowest)
    _show(f"{len(names)} in one call, watched", together, slowest, "that one")


def _show(way: str, seconds: Sequence[float], base: Sequence[float] | None = None, base_name: str = "") -> None:
    median = statistics.median(seconds)
    line = f"  {way:34} {median:6.2f} s  (fastest {min(seconds):5.2f} s, slowest {max(seconds):5.2f} s)"
    if base is not None:
        line += f"  x{median / statistics.median(base):.2f} of {base_name}, fastest x{min(seconds) / min(base):.2f}"
    print(line, flush=True)


def _create(lab: Lab, name: str) -> None:
    account = lab.stripe.account(f"sk_test_{name}")
    account.add_report_type(REPORT_TYPE, data_available_start=ago(60), data_available_end=ago(50), rows_per_day=1)
    config = lab.stripe_config({ZONE: account.key}, [REPORT_TYPE], **{"topic.prefix": f"{name}_"})
    seed = {"partition": stripe_partition(ZONE), "offset": _offset(4)}
    lab.connect.create(name, config, [seed], "RUNNING")


def _offset(days: int) -> dict[str, Any]:
    return stripe_offset(end=ago(days), round_id=ago(0), processed=True)


def _reset(urls: list[str], folder: str, names: list[str], day: int) -> float:
    """The seconds of one call of the module. Raises RuntimeError when it fails."""
    options = {
        "connect_url": urls,
        "connectors": names,
        "backup_dir": folder,
        "strategy": "offset",
        "offset": _offset(day),
        "allow_gap": True,
        "ask_stripe": False,
    }
    params = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate(options).validated_parameters
    began = time.monotonic()
    result = perform(offset_reset.run, params, check_mode=False)
    seconds = time.monotonic() - began
    if result.get("failed"):
        raise RuntimeError(result["msg"])
    return seconds


def _bare(urls: list[str], names: Sequence[str], day: int, *, marked: bool = False) -> float:
    """The seconds of the same change by requests that are kept alive; ends when all connectors run again."""
    meeting = threading.Barrier(len(names), timeout=LONGEST_WAIT_SECONDS)
    began = time.monotonic()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: _bare_one(urls, name, names, day, meeting, marked), names))
    return time.monotonic() - began


def _bare_one(
    urls: list[str], name: str, names: Sequence[str], day: int, meeting: threading.Barrier, marked: bool
) -> None:
    offset = _offset(day)
    with requests.Session() as session:
        # As fast as it can be: it would look for proxies in the environment with each request.
        session.trust_env = False
        url = f"{urls[0]}/connectors/{name}"

        def get(path: str = "", base: str = url) -> Any:
            answer = session.get(base + path, timeout=30)
            # Connect answers 409 or 500 to some calls during a rebalance.
            return answer.json() if answer.ok else {}

        def mark(value: str | None) -> None:
            while marked and not session.patch(f"{url}/config", json={HOLD_KEY: value}, timeout=30).ok:
                time.sleep(POLL_SECONDS)

        def until(condition: Callable[[], bool], pause: float = POLL_SECONDS) -> None:
            while not condition():
                time.sleep(pause)

        def is_in(state: str, status: Any) -> bool:
            states = [task["state"] for task in status["tasks"]]
            wanted = [] if state == "STOPPED" else [state]
            return status["connector"]["state"] == state and states == wanted

        def all_are_in(state: str) -> bool:
            found = get(base=f"{urls[0]}/connectors?expand=status")
            return all(one in found and is_in(state, found[one]["status"]) for one in names)

        def await_all(state: str) -> None:
            # One thread asks for all connectors, since twenty threads that ask would slow down the worker.
            if meeting.wait() == 0:
                until(lambda: all_are_in(state))
            meeting.wait()

        def is_written() -> bool:
            return get("/offsets")["offsets"] == [{"partition": stripe_partition(ZONE), "offset": offset}]

        def has_ended(worker: str) -> bool:
            return get(base=f"http://{worker}/connectors/{name}").get("tasks") == []

        for path in ("/config", "/status", "/offsets"):
            get(path)
        meeting.wait()
        session.put(f"{url}/stop", timeout=30).raise_for_status()
        mark("bare")
        await_all("STOPPED")
        for worker in (urlsplit(one).netloc for one in urls):
            until(lambda worker=worker: has_ended(worker))
        for path in ("/config", "/status", "/offsets"):
            get(path)
        body = {"offsets": [{"partition": stripe_partition(ZONE), "offset": offset}]}
        session.patch(f"{url}/offsets", json=body, timeout=30).raise_for_status()
        until(is_written)
        time.sleep(READ_AGAIN_SECONDS)
        until(is_written)
        meeting.wait()
        mark(None)
        session.put(f"{url}/resume", timeout=30).raise_for_status()
        await_all("RUNNING")
        get("/offsets")


if __name__ == "__main__":
    sys.exit(main())
