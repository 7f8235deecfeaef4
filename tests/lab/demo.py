# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a connector gets stuck, its recovery is previewed, carried out and checked; a second run changes nothing."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path

from tooling.browser import View, browser, take_picture

from lab.ansible_runs import ROOT, run_playbook, write_inventory
from lab.lab import Lab
from lab.scenarios import StuckConnector, stuck_connector

# It stays, so that a person can look at it.
REPORTS = ROOT / ".cache" / "demo"


def demo() -> int:
    """Run the demo; the exit status is 0 when every step had the expected result."""
    _say("Starting a Kafka broker, a Connect worker and a stand-in for Stripe")
    with Lab(workers=1) as lab, tempfile.TemporaryDirectory(prefix="connectops-demo-") as folder:
        stuck = stuck_connector(lab)
        inventory = write_inventory(lab, Path(folder))
        _say(f"{stuck.name} is RUNNING, and stuck: {stuck.blocker} asks for the same report again and again")
        _show_delivered(lab, stuck)
        _say("The preview: ansible-playbook playbooks/recover.yml --check --diff")
        _run(inventory, "--check", "--diff")
        _say("The recovery: ansible-playbook playbooks/recover.yml")
        _run(inventory, "-e", f"connectops_report_dir={REPORTS}")
        _say("What is in Kafka now")
        is_complete = _show_delivered(lab, stuck)
        _say("Once more; there must be nothing to do")
        output = _run(inventory)
        is_unchanged = re.search(r"\bchanged=0\b.*\bfailed=0\b", output) is not None
    _say("The report of the recovery")
    _show_report()
    is_well = is_complete and is_unchanged
    _say("Recovered, every row once; nothing is left behind." if is_well else "This did not come out as it must.")
    return 0 if is_well else 1


def _say(sentence: str) -> None:
    print(f"\n=== {sentence}\n", flush=True)


def _run(inventory: Path, *arguments: str) -> str:
    done = run_playbook("recover", inventory, arguments)
    print(done.stdout, flush=True)
    if done.returncode:
        raise RuntimeError(f"The playbook ended with status {done.returncode}, see above.")
    return done.stdout


def _show_report() -> None:
    """Print where the files of the newest report are, and make a picture of it where a browser is."""
    page = max(REPORTS.glob("recover-*/report.html"), key=lambda path: path.stat().st_mtime)
    print(f"  {page}\n  {page.with_suffix('.md')}")
    if browser() is not None:
        picture = page.with_suffix(".png")
        take_picture(View(page.read_text(encoding="utf-8"), 1280), 2400, picture)
        print(f"  {picture}")


def _show_delivered(lab: Lab, stuck: StuckConnector) -> bool:
    """Print how many rows of each timezone are in Kafka; return whether every row that was due is there exactly once."""
    delivered = lab.delivered_rows(stuck.topic)
    due = stuck.due_rows()
    for timezone, rows in due.items():
        arrived = delivered.get(timezone, Counter())
        print(f"  {timezone:<18} {arrived.total():>3} of {len(rows)} rows")
    return delivered == {timezone: Counter(rows) for timezone, rows in due.items()}
