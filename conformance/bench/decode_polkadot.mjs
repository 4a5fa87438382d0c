// What decode.c is measured beside, in JavaScript: decode_polkadot.mjs FOLDER answers the same lines, WHAT MS FILE,
// with polkadot-api. Metadata comes to what dynamic codecs are built from; each type's codec is built when a value of
// it is first decoded, and then kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decAnyMetadata, unifyMetadata } from '@polkadot-api/substrate-bindings';
import { getDynamicBuilder, getLookupFn } from '@polkadot-api/metadata-builders';

const PASSES_MIN = 3;
const folder = process.argv[2];
const file = (name) => new Uint8Array(readFileSync(`${folder}/${name}.bin`));
const raw = file('metadata');
const parse = () => unifyMetadata(decAnyMetadata(raw));
const metadata = parse();
const builder = getDynamicBuilder(getLookupFn(metadata));

function reader(name, api, method) {
    const codec = builder.buildRuntimeCall(api, method).value;
    const bytes = file(name);
    return { decode: () => codec.dec(bytes), show: (value) => value };
}

const subjects = {
    metadata: {
        decode: parse,
        show: ({ lookup, pallets, apis }) => ({
            types: lookup.length, pallets: pallets.length, apis: apis.length,
        }),
    },
    neurons_lite: reader('neurons_lite', 'NeuronInfoRuntimeApi', 'get_neurons_lite'),
    metagraph: reader('metagraph', 'SubnetInfoRuntimeApi', 'get_metagraph'),
};

function measure(decode, ms) {
    const each = [];
    const until = performance.now() + ms;
    const cpu = process.cpuUsage();
    let before = 0;
    while (each.length < PASSES_MIN || before < until) {
        before = performance.now();
        decode();
        each.push(performance.now() - before);
    }
    const used = process.cpuUsage(cpu);
    each.sort((a, b) => a - b);
    return {
        passes: each.length, us: each[each.length >> 1] * 1000,
        cpu_us: (used.user + used.system) / each.length,
    };
}

for await (const line of createInterface({ input: process.stdin })) {
    const [what, ms, path] = line.split(' ');
    const { decode, show } = subjects[what.replace(/_generic$/, '')];
    writeFileSync(path, JSON.stringify(show(decode()), (_, value) => (
        typeof value === 'bigint' ? value.toString() : value)));
    console.log(JSON.stringify(measure(decode, Number(ms))));
}
