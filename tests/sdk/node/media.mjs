// Pictures and sound: images, audio, realtime.

import assert from 'node:assert/strict';
import net from 'node:net';

import { AzureOpenAI, toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';

import { each } from './clients.mjs';

const picture = () => toFile(Buffer.alloc(256, 7), 'sea.png', { type: 'image/png' });
const sound = () => toFile(Buffer.alloc(5124, 7), 'sea.wav', { type: 'audio/wav' });

export async function images(client) {
  const drawn = await client.images.generate({ model: 'gpt-image-1', prompt: 'the sea', n: 2 });
  assert.equal(drawn.usage.output_tokens, 544);
  const changed = await client.images.edit({
    model: 'gpt-image-1', prompt: 'more', image: [await picture(), await picture()],
  });
  assert.equal(changed.usage.input_tokens_details.image_tokens, 544);
  const events = await each(
    client.images.generate({ model: 'gpt-image-1', prompt: 'sea', stream: true, partial_images: 2 }),
  );
  assert.equal(events.length, 3);
}

export async function speech(client) {
  const spoken = await client.audio.speech.create({
    model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'the sea',
  });
  assert.equal((await spoken.arrayBuffer()).byteLength, 320);
}

export async function transcriptions(client) {
  // Azure's path has the deployment, but Node's SDK looks for it in a plain object alone.
  const model = 'gpt-4o-transcribe';
  const heard = await client.audio.transcriptions.create({ model, file: await sound() });
  assert.equal(heard.usage.input_token_details.audio_tokens, 4);
  const events = await each(
    client.audio.transcriptions.create({ model, file: await sound(), stream: true }),
  );
  assert.equal(events.at(-1).text, heard.text);
  const there = await client.audio.translations.create({ model: 'whisper-1', file: await sound() });
  assert.ok(there.text);
}

export async function realtime(client) {
  const model = 'gpt-realtime';
  // The SDK always speaks TLS here; the loopback does not.
  const options = { createConnection: ({ host, port }) => net.connect({ host, port }) };
  const session =
    client instanceof AzureOpenAI
      ? await OpenAIRealtimeWS.azure(client, { model, deploymentName: model, options })
      : new OpenAIRealtimeWS({ model, options }, client);
  let text = '';
  const done = await new Promise((resolve, reject) => {
    session.on('error', reject);
    session.on('session.created', () => {
      const content = [{ type: 'input_text', text: 'how far?' }];
      session.send({
        type: 'conversation.item.create', item: { type: 'message', role: 'user', content },
      });
      session.send({ type: 'response.create', response: { max_output_tokens: 4 } });
    });
    session.on('response.output_text.delta', (event) => (text += event.delta));
    session.on('response.text.delta', (event) => (text += event.delta));
    session.on('response.done', resolve);
  });
  session.close();
  assert.equal(text, 'the sea has its ');
  assert.equal(done.response.usage.output_tokens, 4);
}
