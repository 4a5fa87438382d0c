// What the two JavaScript peers share: options, the workload, the three ways of asking, and one JSON
// line at the end. It mirrors gather.c: a pass warms up, then passes are counted for a while, and each
// result is compared with what it must be. JavaScript has one thread, so "threads" is 8 loops that
// ask serially on the same socket.
import { readFileSync } from 'node:fs';

const LOOPS = 8;

function options() {
    const known = { url: null, mode: 'gather', workload: null, count: '10000', ms: '1000' };
    const given = process.argv.slice(2);
    for (let i = 0; i < given.length; i += 2) {
        const name = given[i].replace(/^--/, '');
        if (!(name in known) || i + 1 === given.length) {
            throw new Error(`unknown option or missing value: ${given[i]}`);
        }
        known[name] = given[i + 1];
    }
    return { ...known, count: Number(known.count), ms: Number(known.ms) };
}

function questions(path) {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => line.split('\t').map((part) => JSON.parse(part)));
}

// ask(method, params) gives a promise of the result.
export async function measure(connect) {
    const { url, mode, workload, count, ms } = options();
    const asked = questions(workload);
    const { ask, close } = await connect(url);
    let lost = 0;
    let wrong = 0;
    const one = async (i) => {
        const [params, expected] = asked[i % asked.length];
        try {
            wrong += (await ask('state_getStorage', params)) === expected ? 0 : 1;
        } catch {
            lost += 1;
        }
    };
    const loop = async (first, step) => {
        for (let i = first; i < count; i += step) {
            await one(i);
        }
    };
    const passes = {
        gather: () => Promise.all(Array.from({ length: count }, (_, i) => one(i))),
        serial: () => loop(0, 1),
        threads: () => Promise.all(Array.from({ length: LOOPS }, (_, i) => loop(i, LOOPS))),
    };
    if (!(mode in passes)) {
        throw new Error(`--mode is gather, serial or threads, not ${mode}`);
    }
    await passes[mode]();
    const cpu = process.cpuUsage();
    const from = performance.now();
    let reads = 0;
    let now = from;
    do {
        await passes[mode]();
        reads += count;
        now = performance.now();
    } while (now < from + ms && lost === 0);
    const used = process.cpuUsage(cpu);
    const seconds = (now - from) / 1000;
    console.log(JSON.stringify({
        mode, reads, seconds, per_second: reads / seconds, wrong, lost,
        cpu_seconds: (used.user + used.system) / 1e6,
    }));
    await close();
    process.exitCode = lost === 0 && wrong === 0 ? 0 : 1;
}
