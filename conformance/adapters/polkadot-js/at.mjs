// What is asked of the API of a block, or of that of the head, and what it gives in canonical JSON.

import { Failed } from '../kit/javascript/kit.mjs';
import { shown } from './values.mjs';

/** The library's own names have another case: things are found by those of the metadata. */
const named = (sections, section, item) => {
  const found = Object.values(find(sections, section) ?? {}).find(({ meta }) => meta?.name.toString() === item);
  if (!found) throw new Failed('not_found', `there is no ${section}.${item}`);
  return found;
};
const plain = (name) => name.replaceAll('_', '').toLowerCase();
const find = (object, name) => Object.entries(object).find(([key]) => plain(key) === plain(name))?.[1];

export class At {
  constructor(api) {
    this.api = api;
  }

  async function(ask, name, [section, item, ...args]) {
    const { query, consts, registry } = this.api;
    if (name === 'runtime-call') return this.call(section, item, args);
    if (name === 'constant') {
      const constant = named(consts, section, item);
      return shown(constant, constant.meta.type, registry);
    }
    const entry = named(query, section, item);
    if (name === 'map') return this.entries(entry, args, ask.page);
    return this.stored(await entry(...args), entry.creator.meta);
  }

  /** The value of an entry; of an optional item it is an Option. */
  stored(value, { type, modifier }) {
    if (modifier.isOptional && value.isNone) return null;
    const held = modifier.isOptional ? value.unwrap() : value;
    return shown(held, type.isPlain ? type.asPlain : type.asMap.value, this.api.registry);
  }

  async call(section, item, args) {
    const { call, registry } = this.api;
    const method = find(find(call, section) ?? {}, item);
    if (!method) throw new Failed('not_found', `there is no ${section}.${item}`);
    const value = await method(...args);
    const described = registry.metadata.apis.find(({ name }) => name.eq(section));
    return shown(value, described.methods.find(({ name }) => name.eq(item)).output, registry);
  }

  /** All entries, by pages where their size is asked for. */
  async entries(entry, args, page) {
    const { registry } = this.api;
    const { meta } = entry.creator;
    const { hashers, key } = meta.type.asMap;
    const types = hashers.length === 1 ? [key] : [...registry.lookup.getSiType(key).def.asTuple];
    const found = page ? await pages(entry, args, page) : await entry.entries(...args);
    return found.map(([stored, held]) => [
      stored.args.map((argument, index) => shown(argument, types[index], registry)), this.stored(held, meta),
    ]);
  }
}

async function pages(entry, args, pageSize) {
  const found = [];
  for (let startKey, last; !last; ) {
    const page = await entry.entriesPaged({ args, pageSize, startKey });
    found.push(...page);
    startKey = page.at(-1)?.[0];
    last = page.length < pageSize;
  }
  return found;
}
