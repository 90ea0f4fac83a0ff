"""How the workers of one pytest run share its tests when some use another database than the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from execnet import XSpec
from xdist.scheduler import WorkStealingScheduling
from xdist.workermanage import WorkerController, parse_tx_spec_config


class _EvenScheduling(WorkStealingScheduling):
    """Gives each worker its share of the long tests, which stand together: one worker would begin with them all."""

    def check_schedule(self) -> None:
        if self.pending and not any(self.node2pending.values()):
            workers = len(self.node2pending)
            # Smaller shares first, as they are handed out.
            self.pending[:] = [each for first in reversed(range(workers)) for each in self.pending[first::workers]]
        super().check_schedule()


class DatabaseScheduling:
    """The workers of one database do its tests together, whichever is free next; each database's tests are done.

    `make test` gives each worker its `SIMLANE_TEST_DATABASE`. Without one, all workers are of one group.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        sizes = Counter(_group(XSpec(spec)) for spec in parse_tx_spec_config(config))
        self.groups: dict[str, _EvenScheduling] = {}
        for group, size in sizes.items():
            self.groups[group] = _EvenScheduling(config, log)
            self.groups[group].numnodes = size

    def _of(self, node: WorkerController) -> _EvenScheduling:
        return self.groups[_group(node.gateway.spec)]

    @property
    def nodes(self) -> list[WorkerController]:
        return [node for group in self.groups.values() for node in group.nodes]

    @property
    def collection_is_completed(self) -> bool:
        return all(group.collection_is_completed for group in self.groups.values())

    @property
    def tests_finished(self) -> bool:
        return all(group.tests_finished for group in self.groups.values())

    @property
    def has_pending(self) -> bool:
        return any(group.has_pending for group in self.groups.values())

    def add_node(self, node: WorkerController) -> None:
        self._of(node).add_node(node)

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        self._of(node).add_node_collection(node, collection)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        self._of(node).mark_test_complete(node, item_index, duration)

    def mark_test_pending(self, item: str) -> None:
        raise NotImplementedError("A test that crashed its worker is not run again.")

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        self._of(node).remove_pending_tests_from_node(node, indices)

    def remove_node(self, node: WorkerController) -> str | None:
        return self._of(node).remove_node(node)

    def schedule(self) -> None:
        for group in self.groups.values():
            group.schedule()


def _group(spec: XSpec) -> str:
    return str(spec.env.get("SIMLANE_TEST_DATABASE", ""))
