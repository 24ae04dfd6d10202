"""What stays with the vendor: files, uploads, batches, models, vector stores, jobs, conversations."""

import asyncio
import json

from clients import each, got, same

LINES = b"".join(
    json.dumps(
        {
            "custom_id": f"line {number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "gpt-4o-mini",
                "max_tokens": number,
                "messages": [{"role": "user", "content": "hi"}],
            },
        }
    ).encode()
    + b"\n"
    for number in (1, 2, 3)
)


async def put(client, content=LINES, purpose="batch"):
    return await got(client.files.create(file=("lines.jsonl", content), purpose=purpose))


async def files(client):
    file = await put(client)
    same((file.bytes, file.purpose), (len(LINES), "batch"), "the file")
    same((await got(client.files.retrieve(file.id))).filename, "lines.jsonl", "its name")
    assert file.id in [one.id for one in await each(client.files.list(limit=2))], "it is listed"
    same((await got(client.files.content(file.id))).content, LINES, "its content")
    same((await got(client.files.delete(file.id))).deleted, True, "deleted")
    # More than any buffer on the way.
    big = bytes(range(256)) * 8192
    file = await put(client, big, "user_data")
    same((await got(client.files.content(file.id))).content, big, "its content")


async def uploads(client):
    upload = await got(
        client.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    )
    parts = [
        (await got(client.uploads.parts.create(upload.id, data=data))).id for data in (b"abc", b"def")
    ]
    done = await got(client.uploads.complete(upload.id, part_ids=parts))
    same(done.status, "completed", "status")
    same((await got(client.files.content(done.file.id))).content, b"abcdef", "the file")
    other = await got(
        client.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    )
    same((await got(client.uploads.cancel(other.id))).status, "cancelled", "status")


async def batches(client):
    file = await put(client)
    order = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = await got(client.batches.create(input_file_id=file.id, **order))
    for _ in range(100):
        await asyncio.sleep(0.05)
        batch = await got(client.batches.retrieve(batch.id))
        if batch.status == "completed":
            break
    same((batch.status, batch.request_counts.completed), ("completed", 3), "the batch")
    lines = (await got(client.files.content(batch.output_file_id))).text.splitlines()
    tokens = [
        json.loads(line)["response"]["body"]["usage"]["completion_tokens"] for line in lines
    ]
    same(tokens, [1, 2, 3], "tokens of output")
    other = await got(client.batches.create(input_file_id=file.id, **order))
    same((await got(client.batches.cancel(other.id))).status, "cancelled", "status")
    assert len(await each(client.batches.list())) >= 2, "both are listed"


async def models(client):
    names = [model.id for model in await each(client.models.list())]
    assert "gpt-4o" in names, names
    same((await got(client.models.retrieve("gpt-4o"))).id, "gpt-4o", "the model")


async def vector_stores(client):
    file = await put(client, b"the sea has its own law", "assistants")
    stores = client.vector_stores
    store = await got(stores.create(name="charts", metadata={"of": "the sea"}))
    same((await got(stores.retrieve(store.id))).name, "charts", "the store")
    same((await got(stores.update(store.id, name="maps"))).name, "maps", "the store")
    added = await got(stores.files.create(vector_store_id=store.id, file_id=file.id))
    same(added.status, "completed", "status")
    same(len(await each(stores.files.list(store.id))), 1, "files of the store")
    found = await each(stores.search(store.id, query="law"))
    same(found[0].file_id, file.id, "what was found")
    other = await put(client, b"and our old map", "assistants")
    batch = await got(stores.file_batches.create(store.id, file_ids=[other.id]))
    got_batch = await got(stores.file_batches.retrieve(batch.id, vector_store_id=store.id))
    same(got_batch.file_counts.completed, 1, "files of the batch")
    await got(stores.files.delete(file.id, vector_store_id=store.id))
    same((await got(stores.delete(store.id))).deleted, True, "deleted")


async def fine_tuning(client):
    file = await put(client, LINES, "fine-tune")
    jobs = client.fine_tuning.jobs
    job = await got(jobs.create(model="gpt-4o-mini", training_file=file.id))
    same((await got(jobs.retrieve(job.id))).training_file, file.id, "the job")
    same(len(await each(jobs.list_events(job.id))), 1, "events")
    same(len(await each(jobs.checkpoints.list(job.id))), 1, "checkpoints")
    same((await got(jobs.cancel(job.id))).status, "cancelled", "status")
    assert job.id in [one.id for one in await each(jobs.list())], "it is listed"


async def conversations(client):
    items = [{"type": "message", "role": "user", "content": "how far?"}]
    talk = await got(client.conversations.create(items=items, metadata={"of": "the sea"}))
    same(len(await each(client.conversations.items.list(talk.id))), 1, "items")
    await got(client.conversations.items.create(talk.id, items=items))
    same(len(await each(client.conversations.items.list(talk.id))), 2, "items")
    same((await got(client.conversations.delete(talk.id))).deleted, True, "deleted")


FAMILIES = [files, uploads, batches, models, vector_stores, fine_tuning, conversations]
