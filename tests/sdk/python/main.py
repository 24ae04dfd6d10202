"""Goes through every endpoint family with every client of the `openai` package.

Reads the environment that `tests/sdk/run` describes.
"""

import asyncio
import os
import sys
import traceback

import media
import stored
import text
from clients import clients
from wire import differences, sent


def families():
    """Those that are asked for."""
    only, without = (os.environ.get(name, "").split() for name in ("SDK_ONLY", "SDK_NOT"))
    every = [*text.FAMILIES, *media.FAMILIES, *stored.FAMILIES]
    wanted = [one for one in every if not only or one.__name__ in only]
    return [one for one in wanted if one.__name__ not in without]


async def main():
    failed = passed = 0
    for name, client in clients():
        for family in families():
            try:
                await family(client)
                passed += 1
            except Exception:
                failed += 1
                print(f"FAILED {name}: {family.__name__}\n{traceback.format_exc(limit=-4)}")
    wrong = differences()
    for difference in wrong:
        print(f"CHANGED {difference}")
    print(f"{len(sent)} calls, {len(wrong)} changed on their way")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or wrong else 0


sys.exit(asyncio.run(main()))
