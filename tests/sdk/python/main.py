"""Goes through every endpoint family with every client of the `openai` package.

Reads `SDK_BASE_URL`, where the API is; `SDK_OPENAI_KEY` and `SDK_AZURE_KEY`, the keys of its two
dialects; and `SDK_UPSTREAM_URL`, where the mock is that tells what arrived, if elsewhere. With
`SDK_ASKS_USAGE=1`, a stream's body may arrive with the one change that asks for its usage.
"""

import asyncio
import sys
import traceback

import media
import stored
import text
from clients import clients
from wire import differences, sent


async def main():
    failed = passed = 0
    for name, client in clients():
        for family in [*text.FAMILIES, *media.FAMILIES, *stored.FAMILIES]:
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
