// What exists.c is measured beside: the typed query of @polkadot/api, subtensorModule.networksAdded of the first COUNT
// netuids in one Promise.all, pinned to the head. A pass warms up, and then passes are counted for a while.
import { ApiPromise, WsProvider } from '@polkadot/api';

const options = { url: null, exist: '', count: '10000', ms: '1000' };
const given = process.argv.slice(2);
for (let i = 0; i < given.length; i += 2) {
    options[given[i].replace(/^--/, '')] = given[i + 1];
}
const count = Number(options.count);
const exist = new Set(options.exist.split(',').filter(Boolean).map(Number));

const api = await ApiPromise.create({ provider: new WsProvider(options.url), noInitWarn: true });
const at = await api.at(await api.rpc.chain.getBlockHash());
const each = [];
let lost = 0;
let wrong = 0;

async function one(netuid) {
    try {
        const answer = await at.query.subtensorModule.networksAdded(netuid);
        wrong += answer.isTrue === exist.has(netuid) ? 0 : 1;
    } catch {
        lost += 1;
    }
}

async function pass() {
    const before = performance.now();
    await Promise.all(Array.from({ length: count }, (_, netuid) => one(netuid)));
    return performance.now() - before;
}

await pass();
const cpu = process.cpuUsage();
const until = performance.now() + Number(options.ms);
do {
    each.push(await pass());
} while (performance.now() < until && lost === 0);
const used = process.cpuUsage(cpu);
each.sort((a, b) => a - b);
console.log(JSON.stringify({
    passes: each.length, us: each[each.length >> 1] * 1000,
    cpu_us: (used.user + used.system) / each.length, lost, wrong,
}));
await api.disconnect();
