// Texts: chat completions, responses, completions, embeddings, moderations.

import assert from 'node:assert/strict';

import OpenAI from 'openai';

import { each } from './clients.mjs';

const messages = [{ role: 'user', content: 'how far can one go? — à bientôt, 海' }];
const weather = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const forecast = { city: 'the sea', days: 7 };

export async function chat(client) {
  const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 6 });
  assert.equal(answer.choices[0].message.content, 'the sea has its own law ');
  assert.equal(answer.usage.completion_tokens, 6);
  const { response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages })
    .withResponse();
  assert.ok(response.headers.get('x-request-id'));
  const thought = await client.chat.completions.create({
    model: 'o3', messages, reasoning_effort: 'high', not_yet_known: { a: [1] },
  });
  assert.equal(thought.usage.completion_tokens_details.reasoning_tokens, 256);
}

export async function chatStream(client) {
  const asked = { model: 'gpt-4o', messages, max_tokens: 6, stream: true };
  let chunks = await each(client.chat.completions.create(asked));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');
  assert.equal(text, 'the sea has its own law ');
  assert.deepEqual(chunks.filter((chunk) => chunk.usage), []);
  chunks = await each(
    client.chat.completions.create({ ...asked, stream_options: { include_usage: true } }),
  );
  assert.equal(chunks.at(-1).usage.completion_tokens, 6);
  const final = await client.chat.completions
    .stream({ model: 'gpt-4o', messages, max_tokens: 6 })
    .finalContent();
  assert.equal(final, 'the sea has its own law ');
}

export async function chatTools(client) {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: weather } }];
  const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, tools });
  const [call] = answer.choices[0].message.tool_calls;
  assert.deepEqual(JSON.parse(call.function.arguments), forecast);
  let heard;
  const runner = client.chat.completions.runTools({
    model: 'gpt-4o',
    messages,
    stream: true,
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: weather,
          parse: JSON.parse,
          function: (asked) => {
            heard = asked;
            return 'rain';
          },
        },
      },
    ],
  });
  assert.ok(await runner.finalContent());
  assert.deepEqual(heard, forecast);
}

export async function chatStructured(client) {
  const format = { name: 'forecast', strict: true, schema: weather };
  const answer = await client.chat.completions.parse({
    model: 'gpt-4o', messages, response_format: { type: 'json_schema', json_schema: format },
  });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), forecast);
}

export async function chatMedia(client) {
  const data = Buffer.alloc(3200).toString('base64');
  const content = [
    { type: 'text', text: 'what is this?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    { type: 'input_audio', input_audio: { data, format: 'wav' } },
  ];
  const answer = await client.chat.completions.create({
    model: 'gpt-4o-audio-preview',
    messages: [{ role: 'user', content }],
    modalities: ['text', 'audio'],
    audio: { voice: 'alloy', format: 'wav' },
    max_tokens: 4,
  });
  assert.equal(answer.usage.prompt_tokens_details.audio_tokens, 3);
  assert.equal(answer.usage.completion_tokens_details.audio_tokens, 4);
}

export async function chatStored(client) {
  const answer = await client.chat.completions.create({
    model: 'gpt-4o', messages, store: true, metadata: { case: 'a b' },
  });
  const found = await client.chat.completions.retrieve(answer.id);
  assert.deepEqual(found.metadata, { case: 'a b' });
  const gone = await client.chat.completions.delete(answer.id);
  assert.ok(gone.deleted);
}

export async function responses(client) {
  const answer = await client.responses.create({
    model: 'gpt-4o', input: 'how far?', max_output_tokens: 4,
  });
  assert.equal(answer.output_text, 'the sea has its ');
  assert.equal(answer.usage.output_tokens, 4);
  assert.equal((await client.responses.retrieve(answer.id)).id, answer.id);
  const more = await client.responses.create({
    model: 'gpt-4o', input: 'and then?', previous_response_id: answer.id,
  });
  assert.ok(more.usage.input_tokens > answer.usage.input_tokens);
  assert.equal((await each(client.responses.inputItems.list(answer.id))).length, 1);
  await client.responses.delete(answer.id);
  await assert.rejects(client.responses.retrieve(answer.id), OpenAI.NotFoundError);
}

export async function responsesBackground(client) {
  const later = await client.responses.create({ model: 'gpt-4o', input: 'slowly', background: true });
  assert.equal((await client.responses.cancel(later.id)).status, 'cancelled');
}

export async function responsesStream(client) {
  const events = await each(
    client.responses.create({ model: 'gpt-5', input: 'how far?', max_output_tokens: 4, stream: true }),
  );
  const deltas = events.filter((event) => event.type === 'response.output_text.delta');
  assert.equal(deltas.map((event) => event.delta).join(''), 'the sea has its ');
  assert.equal(events.at(-1).response.usage.output_tokens, 68);
  const tools = [{ type: 'function', name: 'weather', parameters: weather, strict: true }];
  const final = await client.responses
    .stream({ model: 'gpt-4o', input: 'rain?', tools })
    .finalResponse();
  assert.deepEqual(JSON.parse(final.output[0].arguments), forecast);
  const parsed = await client.responses.parse({
    model: 'gpt-4o',
    input: 'rain?',
    text: { format: { type: 'json_schema', name: 'forecast', strict: true, schema: weather } },
  });
  assert.deepEqual(parsed.output_parsed, forecast);
}

export async function completions(client) {
  const asked = { model: 'gpt-3.5-turbo-instruct', prompt: 'once upon', max_tokens: 3 };
  assert.equal((await client.completions.create(asked)).usage.completion_tokens, 3);
  const chunks = await each(client.completions.create({ ...asked, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(''), 'the sea has ');
}

export async function embeddings(client) {
  const asked = { model: 'text-embedding-3-small', input: 'one', dimensions: 4 };
  const answer = await client.embeddings.create(asked);
  const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
  assert.deepEqual(Array.from(answer.data[0].embedding), plain.data[0].embedding);
}

export async function moderations(client) {
  const answer = await client.moderations.create({
    model: 'omni-moderation-latest', input: 'violence',
  });
  assert.ok(answer.results[0].flagged);
}

export async function errors(client) {
  await assert.rejects(
    client.chat.completions.create({ model: 'no-such-model', messages }),
    (error) =>
      error instanceof OpenAI.NotFoundError &&
      ['model_not_found', 'DeploymentNotFound'].includes(error.code),
  );
  await assert.rejects(
    client.chat.completions.create(
      { model: 'gpt-4o', messages },
      { maxRetries: 1, headers: { 'x-mock-fault': '429-1' } },
    ),
    (error) => error instanceof OpenAI.RateLimitError && error.headers.get('retry-after') === '1',
  );
}
