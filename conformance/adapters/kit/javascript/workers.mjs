// Threaded runs: each lane is a worker thread with a client of its own, which it opens, asks and closes. Objects are
// not shared between threads: calls go there as they were asked, and events come back.

import { Worker, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Desk } from './desk.mjs';

/** In the main thread: starts a lane; resolves when the worker has ended, whatever became of its calls. */
export function startLane(desk, url, { urls, options }, asks) {
  const calls = asks.map(({ id, lane, method, params, function: name, args, pin, page, deadline, batch }) => ({
    id, lane, method, params, function: name, args, pin, page, deadline_ms: deadline,
    batch: batch?.map((call) => ({ id: call.id, lane, method: call.method, params: call.params })),
  }));
  const worker = new Worker(fileURLToPath(url), { argv: process.argv.slice(2), workerData: { urls, options, calls } });
  worker.on('message', ({ event, members }) => {
    const ask = desk.asks.get(members.id);
    if (event === 'started' && ask) desk.started(ask);
    if (event === 'end' && ask && desk.take(ask)) desk.tell(event, members);
  });
  for (const call of asks.flatMap((ask) => ask.calls())) {
    call.signal.addEventListener('abort', () => worker.postMessage({ cancel: call.id }));
  }
  return new Promise((resolve) => {
    worker.on('error', (error) => console.error('worker:', error));
    worker.on('exit', () => {
      for (const call of asks.flatMap((ask) => ask.calls())) desk.fail(call, new Error('the thread has ended'));
      resolve();
    });
  });
}

/** In the worker. */
export async function ownLane(Client) {
  const desk = new Desk(Client, (event, members) => parentPort.postMessage({ event, members }));
  const client = new Client(workerData.urls, workerData.options);
  const asks = desk.accept(workerData.calls, {});
  parentPort.on('message', ({ cancel }) => desk.cancel(cancel));
  const failed = await client.connect().then(() => undefined, (error) => error);
  for (const ask of asks) await desk.play(ask, client, failed);
  if (!failed) await client.close();
  parentPort.close();
}
