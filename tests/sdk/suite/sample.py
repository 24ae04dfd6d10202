"""A plugin for pytest: with $SUITE_SAMPLE=N, every Nth test runs, drawn by $SUITE_SEED."""

import hashlib
import os


def pytest_collection_modifyitems(config, items):
    part = int(os.environ.get("SUITE_SAMPLE", "1"))
    seed = os.environ.get("SUITE_SEED", "1")

    def is_drawn(item):
        digest = hashlib.sha256(f"{seed} {item.nodeid}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % part == 0

    drawn = [item for item in items if is_drawn(item)]
    config.hook.pytest_deselected(items=[item for item in items if not is_drawn(item)])
    items[:] = drawn
