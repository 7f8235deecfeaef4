# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that no task of a stopped connector is left.

STOPPED without tasks is not a proof: a task on another worker can commit over a reset until Connect's graceful shutdown
timeout expires. The proof is a call that a worker serves only after it has ended its tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

# One proving call lasts at least as long as Connect's graceful timeouts (5 s for tasks and 5 s for the connector).
_PROOF_SECONDS = 15.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Proof:
    """Why no task can be left: ``workers`` confirmed it, and ``settled_seconds`` were waited for the others.

    Only known workers can be asked: one that has left the group with a task is not among them. ``may_be_incomplete``: some
    of those that are in the group may not be known either.
    """

    workers: tuple[str, ...]
    unreachable: tuple[str, ...]
    settled_seconds: float
    may_be_incomplete: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every worker of the group is known, as far as can be seen, and has confirmed that no task is left."""
        return bool(self.workers) and not self.unreachable and not self.may_be_incomplete


def known_workers(
    connectors: Iterable[Connector], urls: Iterable[str], members: frozenset[str] = frozenset()
) -> tuple[frozenset[str], bool]:
    """The addresses of the workers that can be asked, and whether there may be workers beside them.

    A URL that no status names is a worker without tasks, or a load balancer. It is taken for a balancer where the statuses
    name workers that are not among the URLs. ``members``: the workers of the group, as its coordinator has them; empty where it
    was not asked. With them no worker is missing, and what is none of them is not asked, unless a task ran there.
    """
    working = frozenset[str]().union(*(connector.status.worker_ids for connector in connectors))
    if members:
        return working | members, False
    named = frozenset(urlsplit(url).netloc for url in urls)
    unseen = named - working
    return working | {one for one in named if urlsplit(f"//{one}").port}, bool(unseen) and not working <= named


def has_ended_on(
    worker_id: str,
    cluster: Cluster,
    connector: str,
    sleep: Callable[[float], None],
    *,
    had_it: bool,
    stop_again: Callable[[], None],
) -> bool:
    """Whether the worker itself says that the connector has no tasks; False where it cannot be asked, or does not know it.

    ``had_it``: the connector or a task of it ran there. ``stop_again`` is called when the worker still has tasks. Raises
    RecoveryError for a worker that does not say so in time, and NotFound for a connector that is gone.
    """
    answer = WorkerAnswer("busy", reason="not asked, because the time was up")
    while cluster.remaining_seconds() > 0:
        try:
            answer = cluster.worker_answer(worker_id, connector, _PROOF_SECONDS)
        except NotFound:
            # Where its own cluster has it, a worker of another cluster was reached at this address.
            cluster.config(connector)
            return False
        # If its tasks ran there, a silent worker may be frozen, and would continue with them later.
        if answer.outcome == "unreachable" or (answer.outcome == "silent" and not had_it):
            return False
        if answer.outcome == "answered":
            if not answer.tasks:
                return True
            stop_again()
        sleep(_PAUSE_SECONDS)
    said = f"it still has {_tasks(answer.tasks)}" if answer.tasks else answer.reason
    raise RecoveryError(
        f"Worker {worker_id} did not confirm in time that the tasks of connector '{connector}' have ended ({said}): read its"
        " log, or raise timeout."
    )


def _tasks(ids: tuple[int, ...]) -> str:
    return f"task {ids[0]}" if len(ids) == 1 else f"tasks {', '.join(map(str, ids))}"
