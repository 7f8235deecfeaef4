# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the lab: ``python -m lab``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.ansible_runs import ROOT, playbook_command, write_inventory
from lab.demo import demo
from lab.jars import build
from lab.lab import Lab
from lab.scenarios import StuckConnector, require_offsets_over_rest, stuck_connector

_NEXT = (
    ("identify", (), "which connectors are stuck, and why"),
    ("recover", ("--check", "--diff"), "the plan, without doing anything"),
    ("recover", (), "the recovery; a second run changes nothing"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # A shell lets its background jobs ignore SIGINT; the lab must end by it nevertheless.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if options.command == "build":
            jars = build()
            print(f"Kafka {jars.kafka_version} and the connector are in {jars.home}.")
        elif options.command == "demo":
            require_offsets_over_rest()
            return demo()
        elif options.command == "later":
            # It needs the collection in its path, and nothing else here does.
            from lab.later import let_pass

            changes, samples = let_pass(options.folder / "backups", options.hours)
            print(f"{options.hours} h have passed for {changes} backups and {samples} samples of {options.folder}.")
        elif options.command == "pictures":
            # Drawing needs a library that nothing else here needs.
            from lab.picture import draw_pictures

            print("Drawn from real runs:", *draw_pictures())
        else:
            require_offsets_over_rest()
            _up(options.workers, options.clusters, options.folder)
    except (RuntimeError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The lab has ended.")
    return 0


def _up(workers: int, clusters: int, kept: Path | None) -> None:
    with Lab(workers=workers, clusters=clusters) as lab:
        folder = lab.folder if kept is None else kept.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Kafka {lab.kafka_version} is at {lab.bootstrap_servers}, Stripe at {lab.stripe.url}.")
        print(f"Logs, until the lab ends: {lab.logs}")
        stuck = [stuck_connector(lab, cluster=cluster) for cluster in lab.clusters]
        for one in stuck:
            _explain(one)
        inventory = write_inventory(lab, folder, {one.cluster.name: _lab_vars(lab, one) for one in stuck})
        print(f"\nIn another terminal, in {ROOT}:")
        print(f"  export ANSIBLE_CONFIG={ROOT / 'tests' / 'ansible.cfg'}")
        for playbook, arguments, what in _NEXT:
            command = " ".join(playbook_command(playbook, inventory, *arguments))
            print(f"  {command}\n      # {what}")
        print("\nCtrl-C ends the lab and leaves nothing behind.", flush=True)
        while True:
            signal.pause()


def _lab_vars(lab: Lab, stuck: StuckConnector) -> dict[str, object]:
    """What a check of the recovery from outside needs."""
    return {
        "lab_bootstrap_servers": lab.bootstrap_servers,
        "lab_connector": stuck.name,
        "lab_topic": stuck.topic,
        "lab_rows_due": {timezone: len(rows) for timezone, rows in stuck.due_rows().items()},
    }


def _explain(stuck: StuckConnector) -> None:
    connector = f"{stuck.cluster.urls[0]}/connectors/{stuck.name}"
    print(f"\n{stuck.cluster.name} at {' '.join(stuck.cluster.urls)} has {stuck.name}, RUNNING and stuck. Look at it:")
    print(f"  curl -s {connector}/status    # RUNNING, as if nothing were wrong")
    print(f"  curl -s {connector}/offsets   # not moving: the polls fail at {stuck.blocker}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Real Kafka and Connect, simulated Stripe.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="keep a lab up, with a stuck Stripe connector on every cluster")
    up.add_argument("--workers", type=int, default=1, metavar="N", help="workers per cluster (default: 1)")
    up.add_argument("--clusters", type=int, default=1, metavar="N", help="Connect clusters (default: 1)")
    up.add_argument("--folder", type=Path, metavar="DIR", help="put the inventory and backups there and leave them")
    commands.add_parser("demo", help="show a recovery from the first look to the proof")
    later = commands.add_parser("later", help="let hours pass for the backups and samples of a lab, without waiting")
    later.add_argument("--folder", type=Path, metavar="DIR", required=True, help="the folder of the lab")
    later.add_argument("--hours", type=int, metavar="N", required=True, help="how many")
    commands.add_parser("pictures", help="draw the pictures that the documentation shows")
    commands.add_parser("build", help="resolve and build the jars of $KAFKA_VERSION, nothing else")
    return parser
