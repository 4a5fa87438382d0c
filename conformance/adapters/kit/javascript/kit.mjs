// The loop of an adapter of protocol 1 (../../PROTOCOL-1.md) for clients in JavaScript: an adapter describes its client
// in a class derived from Client, and hands it to `serve`. README.md tells how.

import { createInterface } from 'node:readline';
import { isMainThread } from 'node:worker_threads';
import { Failed } from './client.mjs';
import { Desk, Refused } from './desk.mjs';
import { ownLane, startLane } from './workers.mjs';

export { Client, Failed, canonical } from './client.mjs';

// Whatever a client prints is for people: events have the standard output for themselves.
console.log = console.info = console.debug = console.warn = console.error;

/** Runs the adapter of a class to the end of input. `url` is the adapter's own, import.meta.url: threads start from it. */
export async function serve(Client, url) {
  // What a client leaves unhandled is no end of a call: it is said, and the adapter goes on.
  process.on('unhandledRejection', (error) => console.error('unhandled:', error));
  if (!isMainThread) return ownLane(Client);
  const desk = new Desk(Client);
  const world = new World(Client, desk, url);
  desk.hello();
  let line = 0;
  for await (const text of createInterface({ input: process.stdin })) {
    line += 1;
    try {
      const { op, ...command } = desk.command(text);
      if (op !== 'hello') world[op](command);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      desk.tell('refused', { line, message: error.message });
    }
  }
  await world.finish();
  process.exit(0); // a client that is closed may have timers left
}

/** A handle: the client, when it was opened, and the error because of which it was not. */
class Handle {
  constructor(Client, { urls, lazy, ...options }) {
    this.urls = urls;
    this.options = options;
    this.client = new Client(urls, options);
    if (lazy) this.opened = Promise.resolve();
  }

  ready() {
    this.opened ??= this.client.connect().then(() => undefined, (error) => error);
    return this.opened;
  }
}

class World {
  constructor(Client, desk, url) {
    Object.assign(this, { Client, desk, url });
    this.handles = new Map();
    this.subscriptions = new Map(); // the handle of each
    this.handlers = new Map(); // what the user's handler of a subscription does
    this.running = new Set();
  }

  spawn(work) {
    const promise = work.finally(() => this.running.delete(promise));
    this.running.add(promise);
  }

  handle(on) {
    if (!this.handles.has(on)) throw new Refused(`no handle ${on} is open`);
    return this.handles.get(on);
  }

  open({ on, ...how }) {
    if (this.handles.has(on)) throw new Refused(`the handle ${on} is open`);
    const handle = new Handle(this.Client, how);
    this.handles.set(on, handle);
    this.spawn(handle.ready().then((error) => this.desk.opened(on, error)));
  }

  run({ on, mode, threads, calls, pin, deadline_ms }) {
    const handle = this.handle(on);
    const asks = this.desk.accept(calls, { pin, deadline_ms: deadline_ms ?? handle.options.deadline_ms });
    let taken; // by the first who needs it
    const snapshot = mode === 'gathered' && this.Client.can.snapshot && (() => (taken ??= handle.client.snapshot()));
    const count = Math.min({ serial: 1, gathered: asks.length }[mode] ?? threads ?? asks.length, asks.length);
    for (let lane = 0; lane < count; lane += 1) {
      const own = asks.filter((_, index) => index % count === lane);
      for (const ask of own) ask.setLane(lane + 1);
      this.spawn(mode === 'threaded' ? startLane(this.desk, this.url, handle, own) : this.lane(handle, own, snapshot));
    }
  }

  /** One caller: its calls, one after the other. The unpinned functions of a gathered run are asked of its snapshot. */
  async lane(handle, asks, snapshot) {
    const failed = await handle.ready();
    for (const ask of asks) await this.desk.play(ask, handle.client, failed, ask.pin === null && snapshot);
  }

  cancel({ id }) {
    this.desk.cancel(id);
  }

  subscribe({ on, ...asked }) {
    const handle = this.handle(on);
    const [ask] = this.desk.accept([asked], {});
    this.subscriptions.set(ask.id, { ask, handle });
    this.spawn(this.follow(ask, handle));
  }

  async follow(ask, handle) {
    let failed = await handle.ready();
    const user = new User(this, ask, handle.client);
    if (!failed) failed = await handle.client.subscribe(ask, user).then(() => undefined, (error) => error);
    this.subscriptions.delete(ask.id);
    this.desk.ended(ask, failed);
  }

  unsubscribe({ id }) {
    const { ask, handle } = this.subscriptions.get(id) ?? {};
    if (ask) this.spawn(handle.client.unsubscribe(ask).catch((error) => this.desk.ended(ask, error)));
  }

  handler({ id, does }) {
    const handler = does === 'hold' ? {} : { call: does.call };
    if (does === 'hold') handler.held = new Promise((resolve) => (handler.release = resolve));
    this.handlers.set(id, handler);
  }

  release({ id }) {
    this.handlers.get(id)?.release?.();
    this.handlers.delete(id);
  }

  close({ on }) {
    const handle = this.handle(on);
    this.handles.delete(on);
    this.spawn(this.shut(handle).then(() => this.desk.tell('closed', { on })));
  }

  drop({ on }) {
    this.handle(on);
    this.handles.delete(on);
    this.desk.tell('closed', { on });
  }

  stat({ id }) {
    this.desk.stat(id, [...this.handles.values()].map(({ client }) => client));
  }

  async shut(handle) {
    await handle.ready();
    await handle.client.close().catch((error) => console.error('close:', error)); // closed for its user, whatever came
  }

  /** The end of input: calls end, then what is open is closed, and subscriptions with it. */
  async finish() {
    while (this.desk.calls() > this.subscriptions.size) await Promise.race(this.running);
    for (const handler of this.handlers.values()) handler.release?.();
    for (const handle of this.handles.values()) await this.shut(handle);
    await Promise.all(this.running);
  }
}

/** Whoever subscribed: is told of what comes, and does with items what the handler does. */
class User {
  constructor(world, ask, client) {
    Object.assign(this, { world, ask, client, items: 0, accepted: false });
  }

  tell(event, members) {
    this.world.desk.tell(event, { id: this.ask.id, ...members });
  }

  subscribed() {
    if (!this.accepted) this.tell('subscribed');
    this.accepted = true;
  }

  /** Resolves when the handler has returned; a client that has such handlers waits for it. */
  async item(value) {
    this.subscribed();
    const n = (this.items += 1);
    this.tell('item', { n, value });
    const { held, call } = this.world.handlers.get(this.ask.id) ?? {};
    if (call) {
      const [ask] = this.world.desk.accept([{ ...call, id: `${this.ask.id}/${n}` }], {});
      ask.setLane(1);
      await this.world.desk.play(ask, this.client);
    }
    await held;
  }

  lag(lost) {
    this.tell('lag', lost === undefined ? {} : { lost });
  }

  gap(from, to) {
    this.tell('gap', { from, to });
  }
}
