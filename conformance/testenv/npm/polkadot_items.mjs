// @polkadot/api on generic reads of any chain: questions as JSON in a file, answers as one JSON list. `walk`
// makes plain JSON of its codecs; integers become text, so that none is rounded on its way.
//
//     node polkadot_items.mjs WS-URL QUESTIONS
//
// The questions are those of ../guide/v10/items.py.

import { readFileSync } from 'node:fs';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { stringCamelCase } from '@polkadot/util';

const [url, file] = process.argv.slice(2);
const provider = new WsProvider(url, false);
await provider.connect();
const api = await ApiPromise.create({ provider, noInitWarn: true });

function walk(value) {
  if (value.defIndexes) return value.isBasic ? value.type : walkEnum(value);
  if (value.isNone) return null;
  if (value.isSome) return walk(value.unwrap());
  if (value.toRawType?.() === 'bool') return value.isTrue;
  if (typeof value.unwrap === 'function' && value.isOk === undefined) return walk(value.unwrap());
  if (typeof value.toBigInt === 'function') return value.toBigInt().toString();
  if (value instanceof Uint8Array) return value.toString();
  if (value instanceof Map) return walkMap(value);
  return Array.isArray(value) ? value.map(walk) : value.toString();
}

function walkEnum({ type, inner }) {
  return inner.toRawType() === 'Null' ? type : { [type]: walk(inner) };
}

function walkMap(value) {
  const parts = [...value.entries()];
  const named = parts.every(([name]) => typeof name === 'string');
  if (named) return Object.fromEntries(parts.map(([name, part]) => [name, walk(part)]));
  return parts.map(([key, part]) => [walk(key), walk(part)]);
}

const item = ({ query }, pallet, name) => {
  const items = query[stringCamelCase(pallet)];
  return Object.values(items).find(({ meta }) => meta.name.toString() === name);
};

async function answer({ at, storage, map, constant, call }) {
  const block = await api.at(at);
  if (storage) return walk(await item(block, ...storage)(...storage[2]));
  if (map) return (await item(block, ...map).entries()).map(([key, value]) => [key.args.map(walk), walk(value)]);
  if (constant) return walk(block.consts[stringCamelCase(constant[0])][stringCamelCase(constant[1])]);
  if (call) return walk(await block.call[stringCamelCase(call[0])][stringCamelCase(call[1])](...call[2]));
  return (await block.query.system.events()).map(({ event }) => [event.section, event.method, walk(event.data)]);
}

const answers = [];
for (const question of JSON.parse(readFileSync(file))) answers.push(await answer(question));
console.log(JSON.stringify(answers));
await api.disconnect();
