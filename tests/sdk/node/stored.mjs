// What stays with the vendor: files, uploads, batches, models, vector stores, jobs, conversations.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import { toFile } from 'openai';

import { each } from './clients.mjs';

const lines = [1, 2, 3]
  .map((number) => ({
    custom_id: `line ${number}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: {
      model: 'gpt-4o-mini', max_tokens: number, messages: [{ role: 'user', content: 'hi' }],
    },
  }))
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

async function put(client, content = lines, purpose = 'batch') {
  return client.files.create({ file: await toFile(Buffer.from(content), 'lines.jsonl'), purpose });
}

export async function files(client) {
  const file = await put(client);
  assert.equal((await client.files.retrieve(file.id)).bytes, lines.length);
  assert.ok((await each(client.files.list({ limit: 2 }))).some((one) => one.id === file.id));
  assert.equal(await (await client.files.content(file.id)).text(), lines);
  assert.ok((await client.files.delete(file.id)).deleted);
  const big = Buffer.alloc(2 << 20, 'the sea ');
  const bigFile = await put(client, big, 'user_data');
  const back = Buffer.from(await (await client.files.content(bigFile.id)).arrayBuffer());
  assert.ok(back.equals(big));
}

export async function uploads(client) {
  const asked = { bytes: 6, filename: 'a.txt', mime_type: 'text/plain', purpose: 'assistants' };
  const upload = await client.uploads.create(asked);
  const parts = [];
  for (const data of ['abc', 'def']) {
    const part = await toFile(Buffer.from(data), 'part');
    parts.push((await client.uploads.parts.create(upload.id, { data: part })).id);
  }
  const done = await client.uploads.complete(upload.id, { part_ids: parts });
  assert.equal(await (await client.files.content(done.file.id)).text(), 'abcdef');
  const other = await client.uploads.create(asked);
  assert.equal((await client.uploads.cancel(other.id)).status, 'cancelled');
}

export async function batches(client) {
  const file = await put(client);
  const order = { endpoint: '/v1/chat/completions', completion_window: '24h' };
  let batch = await client.batches.create({ input_file_id: file.id, ...order });
  for (let tries = 0; tries < 100 && batch.status !== 'completed'; tries += 1) {
    await setTimeout(50);
    batch = await client.batches.retrieve(batch.id);
  }
  assert.equal(batch.request_counts.completed, 3);
  const output = await (await client.files.content(batch.output_file_id)).text();
  const answered = output.trim().split('\n').map((line) => JSON.parse(line));
  const tokens = answered.map((line) => line.response.body.usage.completion_tokens);
  assert.deepEqual(tokens, [1, 2, 3]);
  const other = await client.batches.create({ input_file_id: file.id, ...order });
  assert.equal((await client.batches.cancel(other.id)).status, 'cancelled');
}

export async function models(client) {
  assert.ok((await each(client.models.list())).some((model) => model.id === 'gpt-4o'));
  assert.equal((await client.models.retrieve('gpt-4o')).id, 'gpt-4o');
}

export async function vectorStores(client) {
  const file = await put(client, 'the sea has its own law', 'assistants');
  const store = await client.vectorStores.create({ name: 'charts' });
  const added = await client.vectorStores.files.create(store.id, { file_id: file.id });
  assert.equal(added.status, 'completed');
  const found = await each(client.vectorStores.search(store.id, { query: 'law' }));
  assert.equal(found[0].file_id, file.id);
  assert.ok((await client.vectorStores.delete(store.id)).deleted);
}

export async function fineTuning(client) {
  const file = await put(client, lines, 'fine-tune');
  const asked = { model: 'gpt-4o-mini', training_file: file.id };
  const job = await client.fineTuning.jobs.create(asked);
  assert.equal((await client.fineTuning.jobs.retrieve(job.id)).training_file, file.id);
  assert.equal((await each(client.fineTuning.jobs.listEvents(job.id))).length, 1);
  assert.equal((await client.fineTuning.jobs.cancel(job.id)).status, 'cancelled');
}

export async function conversations(client) {
  const items = [{ type: 'message', role: 'user', content: 'how far?' }];
  const talk = await client.conversations.create({ items });
  assert.equal((await each(client.conversations.items.list(talk.id))).length, 1);
  assert.ok((await client.conversations.delete(talk.id)).deleted);
}
