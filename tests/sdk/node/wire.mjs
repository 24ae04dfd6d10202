// What the SDK sent, and whether the same arrived upstream.

import { createHash, randomBytes } from 'node:crypto';

export const BASE = process.env.SDK_BASE_URL.replace(/\/$/, '');
const UPSTREAM = (process.env.SDK_UPSTREAM_URL ?? BASE).replace(/\/$/, '');
// A gateway that asks for the usage of streams changes their bodies by just that; and it says itself
// which models there are.
const GATEWAY = process.env.SDK_GATEWAY === '1';

const MARK = 'x-sdk-call';
// What belongs to a connection, to its two ends or to the account, and not to the call.
const NOT_COMPARED = new Set([
  'host', 'connection', 'content-length', 'transfer-encoding', 'authorization', 'api-key',
  'accept-encoding', 'te', 'upgrade',
]);

const run = randomBytes(4).toString('hex');
export const sent = new Map();

// A `fetch` that marks each request, so that it is known again, and remembers it. A form gets its
// bytes here, and goes out with just those.
export async function recordingFetch(url, init) {
  // The SDK tries out here what `fetch` can do.
  if (String(url).startsWith('data:')) return fetch(url, init);
  const request = new Request(url, { ...init, duplex: 'half' });
  const body = Buffer.from(await request.arrayBuffer());
  const mark = `${run}-${sent.size + 1}`;
  const headers = new Headers(request.headers);
  headers.set(MARK, mark);
  const { pathname, search } = new URL(url);
  sent.set(mark, {
    method: request.method,
    path: pathname,
    query: search.slice(1),
    headers: Object.fromEntries(headers),
    body,
  });
  return fetch(url, { ...init, headers, body: body.length > 0 ? body : undefined });
}

function withoutOrder(value) {
  if (Array.isArray(value)) return value.map(withoutOrder);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, withoutOrder(value[key])]));
}

function sameBody(there, arrived) {
  if (createHash('sha256').update(there.body).digest('hex') === arrived.sha256) return true;
  if (!GATEWAY) return false;
  const [ours, theirs] = [JSON.parse(there.body), JSON.parse(arrived.body)];
  if (!ours.stream || ours.stream_options?.include_usage) return false;
  const { include_usage, ...options } = theirs.stream_options ?? {};
  if (include_usage !== true) return false;
  theirs.stream_options = options;
  if (Object.keys(options).length === 0 && !('stream_options' in ours)) delete theirs.stream_options;
  return JSON.stringify(withoutOrder(ours)) === JSON.stringify(withoutOrder(theirs));
}

// Whether a gateway answers without asking anybody.
function isGatewaysOwn(there) {
  if (!GATEWAY) return false;
  if (/\/models(\/[^/]+)?$/.test(there.path) || there.path.includes('/no-such-model/')) return true;
  return there.body.includes('"model":"no-such-model"');
}

// Everything that did not arrive as it was sent, in words.
export async function differences() {
  const { requests } = await (await fetch(`${UPSTREAM}/_requests`)).json();
  const arrived = new Map();
  for (const request of requests) {
    const headers = Object.fromEntries(request.headers);
    // A call that was tried again arrives more than once; the last is the one answered.
    if (headers[MARK]?.startsWith(run)) arrived.set(headers[MARK], { ...request, headers });
  }
  const wrong = [];
  for (const [mark, there] of sent) {
    const what = `${there.method} ${there.path}`;
    const here = arrived.get(mark);
    if (!here && isGatewaysOwn(there)) continue;
    if (!here) {
      wrong.push(`${what} did not arrive`);
      continue;
    }
    // Azure's path has a deployment, which Node's SDK leaves out where the body is a form.
    const { pathname: path } = new URL(here.path.replace(/\/deployments\/[^/]+/, ''), BASE);
    if (GATEWAY && there.path.startsWith('/openai/images/') && there.path === path) here.path = path;
    for (const part of ['method', 'path', 'query']) {
      if (there[part] !== here[part]) {
        wrong.push(`${what}: ${part} \`${there[part]}\` arrived as \`${here[part]}\``);
      }
    }
    for (const [name, value] of Object.entries(there.headers)) {
      if (!NOT_COMPARED.has(name) && here.headers[name] !== value) {
        wrong.push(`${what}: ${name} \`${value}\` arrived as \`${here.headers[name]}\``);
      }
    }
    if (!sameBody(there, here)) wrong.push(`${what}: the body arrived as ${here.body}`);
  }
  return wrong;
}
