# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the rows of the Stripe connector's topic: ``rows_in_topic.py BOOTSTRAP_SERVERS TOPIC`` prints JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition


def main(bootstrap_servers: str, topic: str) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "rows-in-topic",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    numbers = list(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
    seen: Counter[tuple[str, str]] = Counter()
    unread = set(numbers)
    while unread:
        message = consumer.poll(10)
        if message is None:
            raise TimeoutError(f"No end of {topic} within 10 s.")
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            unread.discard(message.partition())
        elif message.value() is not None:
            row = json.loads(message.value())
            seen[row["timezone_aka_platform"], row["row_id"]] += 1
    consumer.close()
    rows = Counter(timezone for timezone, _row in seen)
    print(json.dumps({"rows": rows, "repeated": seen.total() - len(seen)}))


main(*sys.argv[1:])
