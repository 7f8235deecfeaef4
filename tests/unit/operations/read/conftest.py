# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a cluster from two sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read import cluster
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import (
    ClusterViews,
    read_views,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.fake_cluster import FakeCluster
from unit.operations.read.two_views import (
    NOW,
    OPTIONS,
    ReadViews,
    Topics,
)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> ReadViews:
    def views(
        worker: FakeCluster,
        topics: Topics,
        said: list[str] | None = None,
        options: KafkaOptions | None = OPTIONS,
        names: Sequence[str] = (),
    ) -> ClusterViews:
        monkeypatch.setattr(cluster, "KafkaClient", topics)
        tell: Callable[[str], None] = (lambda words: None) if said is None else said.append
        return read_views(worker, options, names, NOW, tell)

    return views
