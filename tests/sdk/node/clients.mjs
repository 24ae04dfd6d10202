// The SDK's clients.

import { AzureOpenAI, OpenAI } from 'openai';

import { BASE, recordingFetch } from './wire.mjs';

const openaiKey = process.env.SDK_OPENAI_KEY ?? 'upstream-openai-key';
const azureKey = process.env.SDK_AZURE_KEY ?? 'upstream-azure-key';
const azureV1Key = process.env.SDK_AZURE_V1_KEY ?? azureKey;

// Each client there is, by name.
export const clients = {
  OpenAI: new OpenAI({ baseURL: `${BASE}/v1`, apiKey: openaiKey, fetch: recordingFetch }),
  "OpenAI on Azure's v1": new OpenAI({
    baseURL: `${BASE}/openai/v1`,
    apiKey: azureV1Key,
    fetch: recordingFetch,
  }),
  AzureOpenAI: new AzureOpenAI({
    endpoint: BASE,
    apiKey: azureKey,
    apiVersion: '2025-04-01-preview',
    fetch: recordingFetch,
  }),
};

// The values of a stream or of all pages, in a list.
export async function each(values) {
  const all = [];
  for await (const value of await values) all.push(value);
  return all;
}
