// What was asked and has not ended, and the events that tell of it: each call starts at most once and ends exactly once.

import { Failed } from './client.mjs';

const PROTOCOL = 1;
const CALL = ['id', 'method', 'params', 'function', 'args', 'pin', 'page', 'deadline_ms', 'batch'];
const MEMBERS = {
  hello: ['protocol'],
  open: ['on', 'urls', 'lazy', 'in_flight', 'headers', 'deadline_ms'],
  run: ['on', 'mode', 'calls', 'threads', 'pin', 'deadline_ms'],
  cancel: ['id'],
  subscribe: ['on', 'id', 'kind', 'method', 'params', 'unsubscribe'],
  unsubscribe: ['id'],
  handler: ['id', 'does'],
  release: ['id'],
  close: ['on'],
  drop: ['on'],
  stat: ['id'],
};
// What a client must be able to do for an operation, and for a member of `open` or of a call.
const NEEDS = {
  cancel: 'cancel', drop: 'drop', lazy: 'lazy', in_flight: 'in_flight', headers: 'headers', deadline_ms: 'deadline',
};

/** A line that asks nothing. */
export class Refused extends Error {}

/** A call, a batch of them or a subscription, as it was asked. */
export class Ask {
  constructor({ deadline_ms, batch, ...asked }, shared = {}) {
    Object.assign(this, { params: [], args: [], pin: shared.pin ?? null, lane: 1 }, asked);
    this.deadline = deadline_ms ?? shared.deadline_ms;
    this.batch = batch?.map((call) => new Ask(call, { ...shared, deadline_ms: this.deadline }));
    this.abort = new AbortController();
    this.signal = this.abort.signal;
  }

  calls() {
    return this.batch ?? [this];
  }

  setLane(lane) {
    for (const call of this.calls()) call.lane = lane;
  }
}

export class Desk {
  /** `tell` is where events go: lines on standard output, unless said. */
  constructor(Client, tell) {
    this.Client = Client;
    this.asks = new Map();
    this.tell = tell ?? ((event, members) => process.stdout.write(`${JSON.stringify({ event, ...members })}\n`));
  }

  hello() {
    const { client: name, version, can } = this.Client;
    this.tell('hello', { protocols: [PROTOCOL], name, version, language: 'JavaScript', can });
  }

  /** How many calls and subscriptions have not ended. */
  calls() {
    return this.asks.size;
  }

  // Lines

  /** A line as a command that can be carried out. */
  command(text) {
    const command = parsed(text);
    const members = MEMBERS[command.op];
    if (!members) throw new Refused(`op: there is no ${command.op}`);
    known(command, ['op', ...members]);
    if (command.op === 'hello' && command.protocol !== PROTOCOL) throw new Refused(`the protocol spoken here is ${PROTOCOL}`);
    if (command.op !== 'hello' && !this.greeted) throw new Refused('the first line is {"op":"hello","protocol":1}');
    this.greeted = true;
    this.check(command);
    return command;
  }

  check(command) {
    const { can } = this.Client;
    for (const name of [command.op, ...Object.keys(command)]) {
      if (NEEDS[name] && command[name] !== false) this.need(can[NEEDS[name]], NEEDS[name]);
    }
    if (command.op === 'open' && command.urls.length > 1) this.need(can.endpoints, 'endpoints');
    if (command.op === 'run') this.need(can.modes.includes(command.mode), `runs that are ${command.mode}`);
    for (const call of command.calls ?? []) {
      known(call, CALL);
      if (call.deadline_ms) this.need(can.deadline, 'deadline');
      if (call.batch) this.need(can.batch, 'batch');
      else if (call.method) this.need(can.raw, 'raw');
      else this.need(can.functions?.includes(call.function), `function ${call.function}`);
    }
    if (command.op === 'subscribe') {
      const kind = command.kind ?? 'raw';
      this.need(can.subscribe?.includes(kind), `subscriptions of kind ${kind}`);
    }
  }

  need(can, what) {
    if (!can) throw new Refused(`${this.Client.client} has no ${what}: see can in its hello`);
  }

  /** Takes in new asks, all or none. */
  accept(asked, shared) {
    const asks = asked.map((each) => new Ask(each, shared));
    const ids = asks.flatMap((ask) => ask.calls().map(({ id }) => id));
    const used = ids.find((id, index) => this.asks.has(id) || ids.indexOf(id) < index);
    if (used !== undefined) throw new Refused(`the id ${used} is in use`);
    for (const call of asks.flatMap((ask) => ask.calls())) this.asks.set(call.id, call);
    return asks;
  }

  // Calls

  /** Asks the client one call, or a batch of them, unless it was cancelled before. */
  async play(ask, client, failed, snapshot) {
    const calls = ask.calls().filter((call) => this.asks.get(call.id) === call);
    if (failed) for (const call of calls) this.fail(call, failed);
    if (failed || calls.length === 0) return;
    for (const call of calls) this.started(call);
    try {
      const answers = ask.batch ? await client.batch(calls) : [answer(ask, client, snapshot)];
      await Promise.all(answers.map((promise, index) => promise.then(
        (value) => this.end(calls[index], value), (error) => this.fail(calls[index], error))));
    } catch (error) {
      for (const call of calls) this.fail(call, error);
    }
  }

  started(ask) {
    ask.begun = true;
    this.tell('started', { id: ask.id, lane: ask.lane });
  }

  end(ask, value) {
    if (this.take(ask)) this.tell('end', { id: ask.id, lane: ask.lane, outcome: 'ok', value: value ?? null });
  }

  fail(ask, error) {
    if (this.take(ask)) this.tell('end', { id: ask.id, lane: ask.lane, ...this.outcome(error) });
  }

  take(ask) {
    return this.asks.get(ask.id) === ask && this.asks.delete(ask.id);
  }

  outcome(error) {
    if (error === undefined) return { outcome: 'ok' };
    const failed = error instanceof Failed ? error : this.Client.failure(error);
    return { outcome: failed.outcome, message: failed.message, code: failed.code, data: failed.data };
  }

  /** What has not begun ends here; what has, by its client. */
  cancel(id) {
    const ask = this.asks.get(id);
    if (ask?.begun) ask.abort.abort();
    else if (ask) this.fail(ask, new Failed('cancelled'));
  }

  // Others

  opened(on, error) {
    const { outcome, message } = this.outcome(error);
    this.tell('opened', { on, outcome, message });
  }

  ended(ask, error) {
    const { outcome, code, message } = this.outcome(error);
    if (this.take(ask)) this.tell('ended', { id: ask.id, outcome, code, message });
  }

  stat(id, clients) {
    const sum = (counts) => (counts.includes(undefined) ? undefined : counts.reduce((all, count) => all + count, 0));
    this.tell('stat', {
      id,
      pending: sum(clients.map((client) => client.pending())),
      subscriptions: sum(clients.map((client) => client.subscriptions())),
      memory: process.memoryUsage.rss(),
    });
  }
}

async function answer(ask, client, snapshot) {
  if (ask.method) return client.raw(ask, ask.method, ask.params);
  const asked = snapshot ? await snapshot() : client;
  return asked.function(ask, ask.function, ask.args);
}

function parsed(text) {
  try {
    const command = JSON.parse(text);
    if (command !== null && typeof command === 'object') return command;
  } catch (error) {
    throw new Refused(`no JSON: ${error.message}`);
  }
  throw new Refused('a line is a JSON object');
}

/** Refuses what is misspelt: it would be a silent default. */
function known(object, names) {
  const wrong = Object.keys(object).find((name) => !names.includes(name));
  if (wrong !== undefined) throw new Refused(`${wrong}: there is no such member`);
}
