# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset takes beyond Kafka Connect's own time, and what many connectors in one call take.

``make bench`` runs it on a lab of one worker and on one of two. One connector's reset is compared with a bare sequence of
requests that waits for the same states: it writes no backup, makes no plan and checks nothing. Both are run in turn. Neither
watches the resumed task for the two seconds in which a bad offset would show: that time is the same for both, and would hide
what is compared. Then all connectors are reset in one call, and its time is compared with that of the slowest single one.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change import applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from lab.days import ago
from lab.lab import Lab
from lab.scenarios import REPORT_TYPE, stripe_offset, stripe_partition

CONNECTORS = 20
# So many of them are reset alone as well.
SINGLES = 5
ROUNDS = 9
ZONE = "PST"
POLL_SECONDS = 0.02
# Both read what was written twice alike, with this pause.
READ_AGAIN_SECONDS = 0.1


def main() -> None:
    for workers in (1, 2):
        with Lab(workers=workers) as lab, tempfile.TemporaryDirectory(prefix="connectops-bench-") as folder:
            names = [f"connector-{number:02}" for number in range(CONNECTORS)]
            for name in names:
                _create(lab, name)
            for name in names:
                lab.connect.await_state(name, "RUNNING", tasks=1)
            print(f"{workers} worker{'s' if workers > 1 else ''}, load {os.getloadavg()[0]:.1f}:", flush=True)
            _measure(lab, folder, names)


def _measure(lab: Lab, folder: str, names: list[str]) -> None:
    days = count(5)
    with patch.object(applier, "_WATCH_SECONDS", 0.0):
        ours, bare = [], []
        for round_number in range(ROUNDS + 1):
            ways: list[tuple[list[float], Callable[[int], float]]] = [
                (ours, lambda day: _reset(lab, folder, names[:1], day)),
                (bare, lambda day: _bare(lab, names[0], day)),
            ]
            for seconds, way in ways if round_number % 2 else reversed(ways):
                seconds.append(way(next(days)))
        ours, bare = ours[1:], bare[1:]
        print(f"  one connector, bare requests    {_shown(bare)}")
        print(
            f"  one connector, reset            {_shown(ours)}  x{_ratio(ours, bare):.2f}, fastest x{min(ours) / min(bare):.2f}"
        )
    singles = [_reset(lab, folder, [name], next(days)) for name in names[:SINGLES]]
    together = [_reset(lab, folder, names, next(days)) for _round in range(3)]
    print(f"  single resets of {SINGLES}, watched    {_shown(singles)}")
    ratio = statistics.median(together) / max(singles)
    print(
        f"  {len(names)} in one call      {_shown(together)}  x{ratio:.2f} of the slowest single one",
        flush=True,
    )


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):6.2f} s  (fastest {min(seconds):.2f} s, slowest {max(seconds):.2f} s)"


def _ratio(ours: list[float], bare: list[float]) -> float:
    return statistics.median(ours) / statistics.median(bare)


def _create(lab: Lab, name: str) -> None:
    account = lab.stripe.account(f"sk_test_{name}")
    account.add_report_type(REPORT_TYPE, data_available_start=ago(60), data_available_end=ago(50), rows_per_day=1)
    config = lab.stripe_config({ZONE: account.key}, [REPORT_TYPE], **{"topic.prefix": f"{name}_"})
    seed = {"partition": stripe_partition(ZONE), "offset": _offset(4)}
    lab.connect.create(name, config, [seed], "RUNNING")


def _offset(days: int) -> dict[str, Any]:
    return stripe_offset(end=ago(days), round_id=ago(0), processed=True)


def _reset(lab: Lab, folder: str, names: list[str], day: int) -> float:
    """The seconds of one call of the module. Raises RuntimeError when it fails."""
    options = {
        "connect_url": lab.connect.urls,
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


def _bare(lab: Lab, name: str, day: int) -> float:
    """The seconds of the same change by requests that are kept alive; ends when the connector runs again."""
    offset = _offset(day)
    began = time.monotonic()
    with requests.Session() as session:
        url = f"{lab.connect.urls[0]}/connectors/{name}"

        def get(path: str = "", base: str = url) -> Any:
            answer = session.get(base + path, timeout=30)
            # Connect answers 409 or 500 to some calls during a rebalance.
            return answer.json() if answer.ok else {}

        def until(condition: Callable[[], bool], pause: float = POLL_SECONDS) -> None:
            while not condition():
                time.sleep(pause)

        def is_in(state: str) -> bool:
            status = get("/status")
            states = [task["state"] for task in status["tasks"]]
            wanted = [] if state == "STOPPED" else [state]
            return status["connector"]["state"] == state and states == wanted

        def is_written() -> bool:
            return get("/offsets")["offsets"] == [{"partition": stripe_partition(ZONE), "offset": offset}]

        def has_ended(worker: str) -> bool:
            return get(base=f"http://{worker}/connectors/{name}").get("tasks") == []

        for path in ("/config", "/status", "/offsets"):
            get(path)
        session.put(f"{url}/stop", timeout=30).raise_for_status()
        until(lambda: is_in("STOPPED"))
        for worker in (urlsplit(one).netloc for one in lab.connect.urls):
            until(lambda worker=worker: has_ended(worker))
        for path in ("/config", "/status", "/offsets"):
            get(path)
        body = {"offsets": [{"partition": stripe_partition(ZONE), "offset": offset}]}
        session.patch(f"{url}/offsets", json=body, timeout=30).raise_for_status()
        until(is_written)
        time.sleep(READ_AGAIN_SECONDS)
        until(is_written)
        session.put(f"{url}/resume", timeout=30).raise_for_status()
        until(lambda: is_in("RUNNING"))
        get("/offsets")
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
