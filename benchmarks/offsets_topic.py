# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast an offsets topic is read: by this collection, by kcat, and by Kafka's console consumer with grep.

``make bench`` runs it on the lab. Each way is a process of its own that begins with nothing and ends with the topic
read; they are run in turn, round after round, so that a drifting machine speed affects all of them alike. The median is
printed, and the ratio to ours. A smaller topic with as many live keys shows what the memory depends on.
"""

from __future__ import annotations

import json
import shlex
import shutil
import statistics
import sys
from multiprocessing import get_context

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from cost import Cost, measured
from lab.jars import build
from lab.lab import Lab

RECORDS = 1_000_000
FEWER_RECORDS = 100_000
LIVE_KEYS = 2_000
# Connect's own default for its offsets topic.
TOPIC_PARTITIONS = 25
ROUNDS = 5
CONNECTOR = "stripe-reporting-source-connector"
# The last version whose console consumer is in the broker's own jar.
CONSOLE_CONSUMER_VERSION = "3.6.2"
# Run as Kafka's own script runs it; the lab's options are for processes that do not live long.
JVM_OPTIONS = ("-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-XX:+UseG1GC", "-Xmx512m")
OURS = """
import sys
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
servers, topic, connector, records, live_keys = sys.argv[1:]
with KafkaClient(KafkaOptions((servers,))) as kafka:
    read = kafka.read_offsets(topic, [connector])
assert (read.scanned, len(read.records)) == (int(records), int(live_keys)), (read.scanned, len(read.records))
"""


def main() -> None:
    with Lab(workers=0) as lab:
        for topic, records in (("many", RECORDS), ("few", FEWER_RECORDS)):
            # In a process of its own, because the kernel counts the memory of the parent process as that of the new one, too.
            writer = get_context("spawn").Process(target=_write, args=(lab.bootstrap_servers, topic, records))
            writer.start()
            writer.join()
        ways = {
            "connectops.recovery": _ours(lab, "many", RECORDS),
            "kcat": _kcat(lab),
            "console consumer | grep": _console_consumer(lab),
            "connectops.recovery, fewer records": _ours(lab, "few", FEWER_RECORDS),
        }
        runs: dict[str, list[Cost]] = {way: [] for way, command in ways.items() if command}
        if "kcat" not in runs:
            print("kcat is not installed (Debian package kcat), so that there is nothing to compare with.")
        for _round in range(ROUNDS + 1):
            for way, costs in runs.items():
                costs.append(measured(ways[way]))
        # The first round warms the page cache up.
        _report({way: costs[1:] for way, costs in runs.items()})


def _write(servers: str, topic: str, records: int) -> None:
    new = NewTopic(topic, TOPIC_PARTITIONS, 1, config={"cleanup.policy": "compact"})
    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([new])[topic].result()
    keys = [
        json.dumps([CONNECTOR, {"timezone": f"Zone/{zone}", "report_type": f"report.{kind}.1"}], separators=(",", ":"))
        for zone in range(LIVE_KEYS // 5)
        for kind in range(5)
    ]
    producer = Producer({"bootstrap.servers": servers, "partitioner": "murmur2_random", "linger.ms": 50})
    for number in range(records):
        offset = {
            "round_id": 1_700_000_000 + number,
            "interval_end": 1_700_000_000 + number,
            "last_committed_row": number,
            "in_progress_report_run_id": f"frr_{number:024d}",
            "interval_start": 1_700_086_400 + number,
            "processed_in_round": False,
        }
        value = json.dumps(offset, separators=(",", ":"))
        while True:
            try:
                producer.produce(topic, key=keys[number % LIVE_KEYS], value=value)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def _ours(lab: Lab, topic: str, records: int) -> list[str]:
    return [sys.executable, "-c", OURS, lab.bootstrap_servers, topic, CONNECTOR, str(records), str(LIVE_KEYS)]


def _kcat(lab: Lab) -> list[str]:
    """Only read, and write to /dev/null: the rate of the C library."""
    if shutil.which("kcat") is None:
        return []
    reading = ["-C", "-b", lab.bootstrap_servers, "-t", "many", "-o", "beginning", "-e", "-q", "-f", r"%k %s\n"]
    return ["kcat", *reading]


def _console_consumer(lab: Lab) -> list[str]:
    """As in the runbook that this collection replaces; it does not know the end, so the number of records to read is given."""
    arguments = ["--bootstrap-server", lab.bootstrap_servers, "--topic", "many", "--from-beginning"]
    arguments += ["--property", "print.key=true", "--property", "print.value=true", "--max-messages", str(RECORDS)]
    jars = build(CONSOLE_CONSUMER_VERSION)
    command = jars.java("kafka.tools.ConsoleConsumer", *arguments, options=JVM_OPTIONS)
    return ["sh", "-c", f"{shlex.join(command)} | grep {CONNECTOR}"]


def _report(runs: dict[str, list[Cost]]) -> None:
    def median(way: str, figure: str) -> float:
        return statistics.median(getattr(cost, figure) for cost in runs[way])

    ours = median("connectops.recovery", "wall_seconds")
    print(
        f"Median of {ROUNDS} runs; {LIVE_KEYS:,} live keys in {RECORDS:,} records, and in {FEWER_RECORDS:,} in the last line."
    )
    for way in runs:
        seconds = median(way, "wall_seconds")
        records = FEWER_RECORDS if way.endswith("fewer records") else RECORDS
        ratio = f"  ours is x{seconds / ours:4.1f}" if records == RECORDS else ""
        print(
            f"  {way:<36}{seconds:5.2f} s {median(way, 'cpu_seconds'):6.2f} s CPU {records / seconds:>10,.0f} records/s"
            f"{median(way, 'peak_mebibytes'):5.0f} MiB{ratio}"
        )


if __name__ == "__main__":
    main()
