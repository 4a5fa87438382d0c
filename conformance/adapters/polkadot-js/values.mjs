// The library's values in canonical JSON (client/include/substrate/scale.h), by the types of the metadata: of what the library
// leaves out (newtypes, names of fields) they tell what it was.

import { canonical } from '../kit/javascript/kit.mjs';

/** A value of the type of a number in the registry's lookup. */
export function shown(value, id, registry) {
  const { path, params, def } = registry.lookup.getSiType(id);
  const last = path.at(-1)?.toString();
  const one = (held, type) => shown(held, type, registry);
  if (last === 'AccountId32') return value.toString();
  if (/^H(160|256|512)$/.test(last)) return value.toHex();
  if (path[0]?.toString() === 'substrate_fixed') return fixed(value, params, registry);
  if (def.isPrimitive) return primitive(value, def.asPrimitive.type);
  if (def.isCompact) return one(value.unwrap(), def.asCompact.type);
  if (def.isSequence) return sequence(value, def.asSequence.type, registry);
  if (def.isArray) return sequence(value, def.asArray.type, registry);
  if (def.isTuple) return def.asTuple.length === 0 ? null : fields(value, def.asTuple.map((type) => ({ type })), registry);
  if (def.isBitSequence) return [...value.toBoolArray()].map(Number).join('');
  if (last === 'Option') return value.isNone ? null : one(value.unwrap(), params[0].type.unwrap());
  if (def.isVariant) return variant(value, def.asVariant, registry);
  if (last === 'BTreeMap') return [[...value.entries()].map(([key, held]) => pair(key, held, params, registry))];
  return fields(value, def.asComposite.fields, registry);
}

const pair = (key, held, [K, V], registry) =>
  [shown(key, K.type.unwrap(), registry), shown(held, V.type.unwrap(), registry)];

function primitive(value, type) {
  if (type === 'Bool') return value.isTrue;
  return type === 'Str' || type === 'Char' ? value.toString() : canonical(value.toBigInt());
}

function sequence(value, type, registry) {
  const { def } = registry.lookup.getSiType(type);
  if (def.isPrimitive && def.asPrimitive.type === 'U8') return value.toHex();
  return [...value].map((held) => shown(held, type, registry));
}

/** Of fields without names an array; the library leaves out one that is alone. */
function fields(value, described, registry) {
  const alone = described.length === 1 && !described[0].name?.isSome;
  return shaped(alone ? [value] : [...value.values()], described, registry);
}

function shaped(values, described, registry) {
  const all = described.map(({ type }, index) => shown(values[index], type, registry));
  if (!described[0]?.name?.isSome) return all;
  return Object.fromEntries(described.map(({ name }, index) => [name.unwrap().toString(), all[index]]));
}

function variant(value, { variants }, registry) {
  if (value.section) return event(value, variants, registry);
  const found = variants.find(({ name }) => name.toString() === value.type);
  return { type: value.type, value: found.fields.length === 0 ? null : fields(value.inner, found.fields, registry) };
}

/** An event of a block, which the library has in a form of its own: its indices, and its data. */
function event({ index: [pallet, number], data }, variants, registry) {
  const numbered = (list, wanted) => list.find(({ index }) => index.toNumber() === wanted);
  const outer = numbered(variants, pallet);
  const inner = numbered(registry.lookup.getSiType(outer.fields[0].type).def.asVariant.variants, number);
  const value = inner.fields.length === 0 ? null : shaped([...data], inner.fields, registry);
  return { type: outer.name.toString(), value: [{ type: inner.name.toString(), value }] };
}

/** A number of crate substrate_fixed, with all of its digits: so many of its bits stand behind the point. */
function fixed(value, params, registry) {
  const places = typenum(params.find(({ name }) => name.toString() === 'Frac').type.unwrap(), registry);
  const bits = [...value.values()][0].toBigInt();
  const digits = ((bits < 0n ? -bits : bits) * 5n ** BigInt(places)).toString().padStart(places + 1, '0');
  const point = digits.length - places;
  const behind = digits.slice(point).replace(/0+$/, '');
  return `${bits < 0n ? '-' : ''}${digits.slice(0, point)}${behind && `.${behind}`}`;
}

/** A number as a type of crate typenum: UInt<U, B> is 2 U + B. */
function typenum(id, registry) {
  const { path, params } = registry.lookup.getSiType(id);
  if (path.at(-1).toString() === 'UTerm') return 0;
  const [above, low] = params.map(({ type }) => type.unwrap());
  return 2 * typenum(above, registry) + Number(registry.lookup.getSiType(low).path.at(-1).toString().slice(1));
}
