// polkadot-api on generic reads of any chain, over its own fallback to the legacy JSON-RPC: questions as JSON
// in a file, answers as one JSON list. `walk` makes plain JSON of its values; integers become text.
//
//     node papi_items.mjs WS-URL QUESTIONS
//
// The questions are those of ../guide/v10/items.py.

import { readFileSync } from 'node:fs';
import { createClient } from 'polkadot-api';
import { getWsProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';

const [url, file] = process.argv.slice(2);
const client = createClient(getWsProvider(url, { websocketClass: WebSocket }));
const api = client.getUnsafeApi();

function walk(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (typeof value.asHex === 'function') return value.asHex();
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part)]));
}

async function answer({ at, storage, map, constant, call }) {
  if (storage) return api.query[storage[0]][storage[1]].getValue(...storage[2], { at });
  if (map) {
    const entries = await api.query[map[0]][map[1]].getEntries({ at });
    return entries.map(({ keyArgs, value }) => [keyArgs, value]);
  }
  if (constant) return api.constants[constant[0]][constant[1]]();
  if (call) return api.apis[call[0]][call[1]](...call[2], { at });
  return (await api.query.System.Events.getValue({ at })).map(({ event }) => event);
}

const answers = [];
for (const question of JSON.parse(readFileSync(file))) answers.push(walk(await answer(question)));
console.log(JSON.stringify(answers));
client.destroy();
