"""The SDK's clients, and one way to use the synchronous and the asynchronous ones."""

import contextlib
import inspect
import os

import openai

from wire import BASE, on_request, on_request_async

OPENAI_KEY = os.environ.get("SDK_OPENAI_KEY", "upstream-openai-key")
AZURE_KEY = os.environ.get("SDK_AZURE_KEY", "upstream-azure-key")
AZURE_V1_KEY = os.environ.get("SDK_AZURE_V1_KEY", AZURE_KEY)
VERSION = "2025-04-01-preview"


def clients():
    """Each client there is, by name."""
    def common(asynchronous, path):
        hook = on_request_async if asynchronous else on_request
        http = openai.DefaultAsyncHttpxClient if asynchronous else openai.DefaultHttpxClient
        return {
            "http_client": http(event_hooks={"request": [hook]}),
            "websocket_base_url": BASE.replace("http://", "ws://") + path,
        }

    for asynchronous in (False, True):
        kind = "async" if asynchronous else "sync"
        plain = openai.AsyncOpenAI if asynchronous else openai.OpenAI
        azure = openai.AsyncAzureOpenAI if asynchronous else openai.AzureOpenAI
        yield f"OpenAI {kind}", plain(
            base_url=f"{BASE}/v1", api_key=OPENAI_KEY, **common(asynchronous, "/v1")
        )
        yield f"OpenAI {kind} on Azure's v1", plain(
            base_url=f"{BASE}/openai/v1", api_key=AZURE_V1_KEY, **common(asynchronous, "/openai/v1")
        )
        yield f"AzureOpenAI {kind}", azure(
            azure_endpoint=BASE,
            api_key=AZURE_KEY,
            api_version=VERSION,
            **common(asynchronous, "/openai"),
        )


async def got(value):
    """The value, awaited if the client is asynchronous."""
    return await value if inspect.isawaitable(value) else value


async def each(values):
    """The values of a stream or of all pages, in a list."""
    values = await got(values)
    if hasattr(values, "__aiter__"):
        return [value async for value in values]
    return list(values)


@contextlib.asynccontextmanager
async def within(manager):
    """A context of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"
