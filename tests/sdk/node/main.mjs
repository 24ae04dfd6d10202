// Goes through every endpoint family with every client of Node's `openai` package. Reads the same
// environment as `python/main.py`.

import { clients } from './clients.mjs';
import * as media from './media.mjs';
import * as stored from './stored.mjs';
import * as text from './text.mjs';
import { differences, sent } from './wire.mjs';

// Families are named as Python's are.
const named = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const list = (name) => (process.env[name] ?? '').split(' ').filter(Boolean);
const [only, without] = [list('SDK_ONLY'), list('SDK_NOT')];
const families = Object.entries({ ...text, ...media, ...stored })
  .map(([name, check]) => [named(name), check])
  .filter(([name]) => (only.length === 0 || only.includes(name)) && !without.includes(name));

let [passed, failed] = [0, 0];
for (const [name, client] of Object.entries(clients)) {
  for (const [family, check] of families) {
    try {
      await check(client);
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}: ${family}\n${error.stack}`);
    }
  }
}
const wrong = await differences();
for (const difference of wrong) console.log(`CHANGED ${difference}`);
console.log(`${sent.size} calls, ${wrong.length} changed on their way`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || wrong.length > 0 ? 1 : 0);
