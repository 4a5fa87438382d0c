// Reads metadata and decodes with polkadot-api, a decoder that is not ours, and answers in the
// canonical JSON of client/src/codec/value.h. README.md tells how, and where polkadot-api errs.
//
//     node polkadot_api.mjs METADATA < questions > answers
//
// Questions and answers are lines of JSON, one answer to each question:
//
//     {"kind":"types"}                                        the registry: see typeOf below
//     {"kind":"summary"}                                      pallets, APIs, extensions: see summary
//     {"kind":"type","type":N,"hex":"0x…"}                    {"value":…,"exact":true}
//     {"kind":"storage","key":"0x…","value":"0x…" or null}    {"item":"System.Account","args":[…],
//                                                              "value":…,"exact":true}
//     {"kind":"constant","pallet":"…","name":"…"}             {"value":…,"exact":true}
//     {"kind":"call","api":"…","method":"…","args":"0x…","result":"0x…"}
//                                                             {"args":[…],"value":…,"exact":true}
//     {"kind":"extrinsic","hex":"0x…"}                        see extrinsic
//     what cannot be answered                                 {"error":"…"}
//
// `exact` says that polkadot-api writes the same bytes again, so that nothing was left over.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  AccountId, Twox128, decAnyMetadata, extrinsicFormat, compactNumber, unifyMetadata,
} from '@polkadot-api/substrate-bindings';
import { denormalizeLookup, getDynamicBuilder } from '@polkadot-api/metadata-builders';

const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const bytesOf = (text) => new Uint8Array(Buffer.from(text.replace(/^0x/, ''), 'hex'));

const metadata = unifyMetadata(decAnyMetadata(new Uint8Array(readFileSync(process.argv[2]))));
const types = metadata.lookup;
types.forEach(({ id }, at) => {
  if (id !== at) throw new Error(`type ${id} stands at ${at}`);
});

// The plain lookup: getLookupFn would turn {index, error} of a ModuleError into names of errors.
const lookup = Object.assign(denormalizeLookup(types), { metadata });

// polkadot-api decodes an option to the value or to undefined, so that of a nested one None and
// Some(None) are the same. Before any codec is built, nested options become enums. (What Option<()>
// holds is nothing: that it takes for a boolean, which loses nothing.)
types.forEach((_, id) => {
  const seen = lookup(id);
  if (seen.type !== 'option' || seen.value.type !== 'option') return;
  Object.assign(seen, {
    type: 'enum',
    value: { None: { type: 'void', idx: 0 }, Some: { type: 'lookupEntry', value: seen.value, idx: 1 } },
    innerDocs: { None: [], Some: [] },
  });
});

const builder = getDynamicBuilder(lookup);
const accounts = AccountId(builder.ss58Prefix);

// ---- canonical JSON: what polkadot-api leaves out of a value is put back by the value's type

const isOption = (type) => type.def.tag === 'variant' && type.path.join() === 'Option';
const optionOf = (type) => type.params[0].type;
const mayBeNull = (id) => {
  const { def } = types[id];
  if (isOption(types[id])) return !mayBeNull(optionOf(types[id]));
  return def.tag === 'tuple' && def.value.length === 0;
};
const isByte = (id) => types[id].def.tag === 'primitive' && types[id].def.value.tag === 'u8';
const isVoid = (id) => lookup(id).type === 'void';

const integer = (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString());
const byteText = (value) => (typeof value === 'string' ? value.toLowerCase() : hex(value));
const byteList = (value) => [...(typeof value === 'string' ? bytesOf(value) : value)];

// The number that a type of typenum stands for: UInt<…, B1> is twice the rest and one.
function typenum(id) {
  const { path, def } = types[id];
  if (path.at(-1) === 'UTerm' || path.at(-1) === 'B0') return 0;
  if (path.at(-1) === 'B1') return 1;
  const part = (name) => typenum(def.value.find((field) => field.name === name).type);
  return 2 * part('msb') + part('lsb');
}

// Is it a number of crate substrate_fixed? Then all bits, those behind the point, and has it a sign?
function fixedOf({ path, def, params }) {
  if (path[0] !== 'substrate_fixed' || !/^Fixed[IU]\d+$/.test(path.at(-1))) return null;
  const { tag } = types[def.value[0].type].def.value;
  return [Number(tag.slice(1)), typenum(params.find(({ name }) => name === 'Frac').type), tag[0] === 'i'];
}

// bits / 2^fraction in decimal, with all of its digits: times 5^fraction, and `fraction` places.
function fixedPoint(bits, fraction) {
  const sign = bits < 0n ? '-' : '';
  const digits = ((bits < 0n ? -bits : bits) * 5n ** BigInt(fraction)).toString().padStart(fraction + 1, '0');
  const whole = digits.slice(0, digits.length - fraction);
  const places = digits.slice(digits.length - fraction).replace(/0+$/, '');
  return sign + whole + (places && `.${places}`);
}

// The elements of what polkadot-api takes for an array or a tuple; arrays of u8 are bytes to it.
const elements = (seen, value) => {
  if (seen.type === 'void') return [];
  return seen.value.type === 'primitive' && seen.value.value === 'u8' ? byteList(value) : [...value];
};

// Fields as an object or an array. Those that hold nothing are missing in `value`; of a composite
// or a variant with one field, `unwrapped`, polkadot-api gives that field.
function fieldsOf(fields, value, seen, unwrapped) {
  const named = fields.length > 0 && fields.every(({ name }) => name !== undefined);
  const full = fields.filter(({ type }) => !isVoid(type));
  let parts = [];
  if (unwrapped) parts = [value];
  else if (named) parts = full.map(({ name }) => value[name]);
  else if (full.length > 0) parts = elements(seen, value);
  const values = fields.map(({ type }) => restore(type, isVoid(type) ? undefined : parts.shift()));
  return named ? Object.fromEntries(fields.map(({ name }, at) => [name, values[at]])) : values;
}

function restoreComposite(id, value) {
  const { path, def } = types[id];
  const name = path.at(-1);
  const fixed = fixedOf(types[id]);
  if (name === 'AccountId32') return value.startsWith('0x') ? accounts.dec(value) : value;
  if (path[0] === 'primitive_types' && /^H\d+$/.test(name)) return byteText(value);
  if (fixed) return fixedPoint(BigInt(value), fixed[1]);
  return fieldsOf(def.value, value, lookup(id), def.value.length === 1);
}

function restoreOption(id, value) {
  const inner = optionOf(types[id]);
  const seen = lookup(id).type;
  const some = { option: value !== undefined, enum: value?.type === 'Some', primitive: value === true }[seen];
  const held = { option: value, enum: value?.value }[seen];
  if (mayBeNull(inner)) return { type: some ? 'Some' : 'None', value: some ? restore(inner, held) : null };
  return some ? restore(inner, held) : null;
}

function restoreVariant(id, value) {
  const { def, params } = types[id];
  const seen = lookup(id);
  if (isOption(types[id])) return restoreOption(id, value);
  if (seen.type === 'result') {
    const [type, at] = value.success ? ['Ok', 0] : ['Err', 1];
    return { type, value: [restore(params[at].type, value.value)] };
  }
  const { fields } = def.value.find(({ name }) => name === value.type);
  const seenVariant = seen.value[value.type];
  const unwrapped = seenVariant.type === 'lookupEntry';
  return {
    type: value.type,
    value: fields.length ? fieldsOf(fields, value.value, seenVariant, unwrapped) : null,
  };
}

function restoreArray(id, value) {
  const { len, type } = types[id].def.value;
  if (len > 1 && !isVoid(type)) {
    return isByte(type) ? byteText(value) : elements(lookup(id), value).map((each) => restore(type, each));
  }
  if (isByte(type)) return hex(len ? [value] : []);
  return Array.from({ length: len }, () => restore(type, value));
}

function restoreTuple(id, value) {
  const list = types[id].def.value;
  if (list.length === 0) return null;
  const parts = list.length === 1 ? [value] : elements(lookup(id), value);
  return list.map((type, at) => restore(type, parts[at]));
}

// Compact says how a value is written, not what it is: a compact NetUid looks like a NetUid.
function restoreCompact(id, value) {
  const { def } = types[id];
  if (def.tag !== 'composite' || isVoid(id)) return isVoid(id) ? restore(id, undefined) : integer(value);
  const [{ name, type }] = def.value;
  const inner = restoreCompact(type, value);
  return name === undefined ? [inner] : { [name]: inner };
}

// Canonical JSON of `value`, which polkadot-api decoded as type `id`.
function restore(id, value) {
  const { def } = types[id];
  switch (def.tag) {
    case 'composite': return restoreComposite(id, value);
    case 'variant': return restoreVariant(id, value);
    case 'sequence':
      if (isByte(def.value)) return byteText(value);
      return elements(lookup(id), value).map((each) => restore(def.value, each));
    case 'array': return restoreArray(id, value);
    case 'tuple': return restoreTuple(id, value);
    case 'primitive': return ['bool', 'char', 'str'].includes(def.value.tag) ? value : integer(value);
    case 'compact': return restoreCompact(def.value, value);
    default: return value.join('');
  }
}

function decode(id, text) {
  const codec = builder.buildDefinition(id);
  const value = codec.dec(bytesOf(text));
  return { value: restore(id, value), exact: hex(codec.enc(value)) === text.toLowerCase() };
}

// Values one behind the other, as arguments and the parts of an extrinsic stand, and their sizes.
function decodeEach(ids, text) {
  const bytes = bytesOf(text);
  let at = 0;
  const parts = ids.map((id) => {
    const codec = builder.buildDefinition(id);
    const value = codec.dec(bytes.slice(at));
    const { length } = codec.enc(value);
    at += length;
    return { value: restore(id, value), length };
  });
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes left over`);
  return parts;
}

// ---- the questions

const fieldOf = ({ name, type, typeName }) => [name ?? null, type, typeName ?? null];

// One entry of the registry, as short as it can be said.
function typeOf(type) {
  const { path, def: { tag, value } } = type;
  const fixed = fixedOf(type);
  switch (tag) {
    case 'composite': return { path, composite: value.map(fieldOf), ...(fixed && { fixed }) };
    case 'variant': {
      return { path, variant: value.map(({ name, index, fields }) => [name, index, fields.map(fieldOf)]) };
    }
    case 'array': return { path, array: [value.type, value.len] };
    case 'primitive': return { path, primitive: value.tag };
    case 'bitSequence': {
      const [store, order] = [value.bitStoreType, value.bitOrderType].map((id) => types[id]);
      return { path, bits: [Number(store.def.value.tag.slice(1)), order.path.at(-1) === 'Msb0'] };
    }
    default: return { path, [tag]: value };
  }
}

// A map's key is one argument per hasher: a tuple's, when there are several.
function argumentsOf({ tag, value }) {
  if (tag === 'plain') return [];
  if (value.hashers.length === 1) return [value.key];
  return types[value.key].def.value;
}

function storageOf({ name, modifier, type, fallback }) {
  return {
    name,
    optional: modifier === 0,
    hashers: type.tag === 'plain' ? [] : type.value.hashers.map(({ tag }) => tag),
    keys: argumentsOf(type),
    value: type.tag === 'plain' ? type.value : type.value.value,
    fallback,
  };
}

function extrinsicParts() {
  const { extrinsic } = metadata;
  const parameter = (wanted) => types[extrinsic.type].params.find(({ name }) => name === wanted)?.type;
  return {
    address: extrinsic.address ?? parameter('Address'),
    signature: extrinsic.signature ?? parameter('Signature'),
    call: metadata.outerEnums?.call ?? parameter('Call'),
    extensions: extrinsic.signedExtensions[0],
  };
}

function summary() {
  const { address, signature, call, extensions } = extrinsicParts();
  return {
    version: metadata.version,
    types: types.length,
    ss58: builder.ss58Prefix,
    versions: metadata.extrinsic.version,
    address,
    signature,
    outer: { call, event: metadata.outerEnums?.event ?? null, error: metadata.outerEnums?.error ?? null },
    extensions: extensions.map(({ identifier, type, additionalSigned }) => [identifier, type, additionalSigned]),
    pallets: metadata.pallets.map(({ name, index, storage, constants, calls, events, errors }) => ({
      name,
      index,
      prefix: storage?.prefix ?? null,
      storage: (storage?.items ?? []).map(storageOf),
      constants: constants.map((each) => [each.name, each.type, each.value]),
      calls: calls?.type ?? null,
      events: events?.type ?? null,
      errors: errors?.type ?? null,
    })),
    apis: metadata.apis.map(({ name, methods }) => ({
      name,
      methods: methods.map((each) => [each.name, each.inputs.map((input) => [input.name, input.type]), each.output]),
    })),
  };
}

const items = new Map(); // the first 32 bytes of a key -> [pallet, item]
const twox = (name) => hex(Twox128(Buffer.from(name))).slice(2);
for (const { name, storage } of metadata.pallets) {
  for (const item of storage?.items ?? []) items.set(`0x${twox(storage.prefix)}${twox(item.name)}`, [name, item]);
}

const LOST = ['Blake2128', 'Blake2256', 'Twox128', 'Twox256'];

// Hashes that stand before arguments are made again by polkadot-api and must be the same.
function storage({ key, value }) {
  const found = items.get(key.slice(0, 66));
  if (!found) throw new Error('no such storage item');
  const [pallet, item] = found;
  const { hashers, keys: ids } = storageOf(item);
  const { keys } = builder.buildStorage(pallet, item.name);
  const own = keys.enc();
  const args = keys.dec(own + key.slice(66));
  const lost = hashers.map((hasher) => LOST.includes(hasher));
  if (!lost.includes(true) && keys.enc(...args) !== own + key.slice(66)) throw new Error('the key is another');
  return {
    item: `${pallet}.${item.name}`,
    args: args.map((each, at) => (lost[at] ? null : restore(ids[at], each))),
    ...(value === null ? {} : decode(storageOf(item).value, value)),
  };
}

const named = (list, wanted) => list.find(({ name }) => name === wanted);

function constant({ pallet, name }) {
  const { type, value } = named(named(metadata.pallets, pallet).constants, name);
  return decode(type, value);
}

function call({ api, method, args, result }) {
  const { inputs, output } = named(named(metadata.apis, api).methods, method);
  const parts = decodeEach(inputs.map(({ type }) => type), args);
  return { args: parts.map((each) => each.value), ...decode(output, result) };
}

// As client/src/codec/extrinsic.h has it, but for the hash; extensions without bytes are left out.
function extrinsic({ hex: text }) {
  const bytes = bytesOf(text);
  const length = compactNumber.dec(bytes);
  const at = compactNumber.enc(length).length;
  if (bytes.length !== at + length) throw new Error('not of its length');
  const { version, type } = extrinsicFormat.dec(bytes.slice(at));
  const { address, signature, extensions, call: callType } = extrinsicParts();
  const body = hex(bytes.slice(at + 1));
  if (type === 'bare') return { version, signed: false, call: decodeEach([callType], body)[0].value };
  if (type !== 'signed') throw new Error(`an extrinsic that is ${type}`);
  const parts = decodeEach([address, signature, ...extensions.map((each) => each.type), callType], body);
  const chosen = extensions
    .map(({ identifier }, index) => [identifier, parts[index + 2]])
    .filter(([, { length }]) => length > 0);
  return {
    version,
    signed: true,
    address: parts[0].value,
    signature: parts[1].value,
    extensions: Object.fromEntries(chosen.map(([name, { value }]) => [name, value])),
    call: parts.at(-1).value,
  };
}

const answers = {
  types: () => types.map(typeOf),
  summary,
  type: ({ type, hex: text }) => decode(type, text),
  storage, constant, call, extrinsic,
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const question = JSON.parse(line);
    answer = answers[question.kind](question);
  } catch (error) {
    answer = { error: error?.message ?? 'cannot be decoded' };
  }
  if (!process.stdout.write(`${JSON.stringify(answer)}\n`)) {
    await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
