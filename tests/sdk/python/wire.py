"""What the SDK sent, and whether the same arrived upstream."""

import hashlib
import itertools
import json
import os
import re
import urllib.request

BASE = os.environ["SDK_BASE_URL"].rstrip("/")
UPSTREAM = os.environ.get("SDK_UPSTREAM_URL", BASE).rstrip("/")
# A gateway that asks for the usage of streams changes their bodies by just that; and it says itself
# which models there are.
GATEWAY = os.environ.get("SDK_GATEWAY") == "1"

MARK = "x-sdk-call"
# What belongs to a connection, to its two ends or to the account, and not to the call.
NOT_COMPARED = {
    "host", "connection", "content-length", "transfer-encoding", "authorization", "api-key",
    "accept-encoding", "te", "upgrade",
}

_numbers = itertools.count(1)
_run = os.urandom(4).hex()
sent = {}


def note(request, body):
    """Marks a request, so that it is known again, and remembers it."""
    mark = f"{_run}-{next(_numbers)}"
    request.headers[MARK] = mark
    sent[mark] = {
        "method": request.method,
        "path": request.url.raw_path.decode().partition("?")[0],
        "query": request.url.query.decode(),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body,
    }


def on_request(request):
    note(request, request.read())


async def on_request_async(request):
    note(request, await request.aread())


def same_body(there, arrived):
    if hashlib.sha256(there["body"]).hexdigest() == arrived["sha256"]:
        return True
    if not GATEWAY:
        return False
    ours, theirs = json.loads(there["body"]), json.loads(arrived["body"])
    if not ours.get("stream") or (ours.get("stream_options") or {}).get("include_usage"):
        return False
    options = theirs.get("stream_options") or {}
    if options.pop("include_usage", None) is not True:
        return False
    if not options and "stream_options" not in ours:
        theirs.pop("stream_options", None)
    return ours == theirs


def is_gateways_own(there):
    """Whether a gateway answers without asking anybody."""
    return GATEWAY and (
        re.search(r"/models(/[^/]+)?$", there["path"]) is not None
        or "/no-such-model/" in there["path"]
        or b'"model":"no-such-model"' in there["body"]
    )


def differences():
    """Everything that did not arrive as it was sent, in words."""
    with urllib.request.urlopen(f"{UPSTREAM}/_requests") as answer:
        kept = json.load(answer)["requests"]
    arrived = {}
    for request in kept:
        headers = dict(request["headers"])
        if headers.get(MARK, "").startswith(_run):
            # A call that was tried again arrives more than once; the last is the one answered.
            arrived[headers[MARK]] = request
    wrong = []
    for mark, there in sent.items():
        what = f"{there['method']} {there['path']}"
        if mark not in arrived and is_gateways_own(there):
            continue
        if mark not in arrived:
            wrong.append(f"{what} did not arrive")
            continue
        here = arrived[mark]
        for part in ("method", "path", "query"):
            if there[part] != here[part]:
                wrong.append(f"{what}: {part} `{there[part]}` arrived as `{here[part]}`")
        headers = dict(here["headers"])
        for name, value in there["headers"].items():
            if name not in NOT_COMPARED and headers.get(name) != value:
                wrong.append(f"{what}: {name} `{value}` arrived as `{headers.get(name)}`")
        for name in headers.keys() - there["headers"].keys() - NOT_COMPARED:
            wrong.append(f"{what}: {name} `{headers[name]}` arrived and was not sent")
        if not same_body(there, here):
            wrong.append(f"{what}: the body arrived as {here['body']!r}")
    return wrong
