# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a cluster costs: identify.yml on ten stuck connectors, over REST alone and with the offsets topic.

``make bench`` runs it on the lab. Each connector has three timezones and accounts of its own, all of which are asked.
The ways are run in turn, so that a drifting machine speed affects all of them alike; the median is printed, and the
slowest.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from cost import measured
from lab.ansible_runs import playbook_command, playbook_environment, write_inventory
from lab.lab import Lab
from lab.scenarios import stuck_connector

CONNECTORS = 10
ROUNDS = 5


def main() -> None:
    with Lab(workers=1) as lab, tempfile.TemporaryDirectory(prefix="connectops-bench-") as folder:
        for number in range(CONNECTORS):
            stuck_connector(lab, f"stripe-{number}")
        inventory = write_inventory(lab, Path(folder))
        with_kafka = json.dumps({"connectops_kafka_bootstrap_servers": [lab.bootstrap_servers]})
        ways = {
            "REST and Stripe": [],
            "REST, Stripe and the offsets topic": ["-e", with_kafka],
            "REST alone": ["-e", '{"connectops_ask_stripe": false}'],
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _round in range(ROUNDS + 1):
            for way, arguments in ways.items():
                command = playbook_command("identify", inventory, *arguments)
                seconds[way].append(measured(command, playbook_environment(), keeps_output=True).wall_seconds)
    print(f"identify.yml on {CONNECTORS} stuck connectors of three timezones, {ROUNDS} runs each:")
    for way, runs in seconds.items():
        counted = runs[1:]
        print(f"  {way:<36}{statistics.median(counted):6.2f} s  (slowest {max(counted):.2f} s)")


if __name__ == "__main__":
    main()
