// @polkadot/api as an adapter of protocol 1: node adapter.mjs NPM, the folder that has its node_modules. A handle is a
// WsProvider, which is all that raw calls need, and an ApiPromise on it from when a function is first asked.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, Failed, serve } from '../kit/javascript/kit.mjs';
import { At } from './at.mjs';

const require = createRequire(join(process.argv[2], 'package.json'));
const { WsProvider, packageInfo } = require('@polkadot/rpc-provider');

// The provider wants to know by which method notifications come.
const NOTIFICATIONS = {
  chain_subscribeNewHeads: 'chain_newHead', chain_subscribeAllHeads: 'chain_allHead',
  chain_subscribeFinalizedHeads: 'chain_finalizedHead', state_subscribeStorage: 'state_storage',
  state_subscribeRuntimeVersion: 'state_runtimeVersion', author_submitAndWatchExtrinsic: 'author_extrinsicUpdate',
};
const HEADS = { heads: 'NewHeads', finalized: 'FinalizedHeads' };

/** What is subscribed to, and what its items are. */
function streamOf({ kind, method, params, unsubscribe }) {
  if (!kind) return { method, params, unsubscribe, type: NOTIFICATIONS[method] ?? method, item: (result) => result };
  const subscribe = `chain_subscribe${HEADS[kind]}`;
  return {
    method: subscribe, params: [], unsubscribe: `chain_unsubscribe${HEADS[kind]}`, type: NOTIFICATIONS[subscribe],
    item: ({ number, parentHash }) => ({ number: Number(number), parent: parentHash }),
  };
}

// The library's errors are told apart by their texts alone.
const OUTCOMES = [
  ['disconnected from', 'closed'], ['WebSocket is not connected', 'closed'], ['No response received', 'timeout'],
  ['Invalid jsonrpc field', 'protocol'], ['No result found', 'protocol'], ['Unable to decode', 'decode'],
  ['Unable to retrieve header', 'not_found'],
];

/** The node's own message, which the library gives between the code and the data. */
function message({ message: text, code, data }) {
  const own = text.startsWith(`${code}: `) ? text.slice(`${code}: `.length) : text;
  const behind = `: ${typeof data === 'string' ? data : JSON.stringify(data)}`;
  return data !== undefined && own.endsWith(behind) ? own.slice(0, -behind.length) : own;
}

class Polkadot extends Client {
  static client = 'polkadot-js';
  static version = packageInfo.version;
  static can = {
    modes: ['serial', 'threaded', 'gathered'], raw: true, functions: ['storage', 'map', 'constant', 'runtime-call'],
    subscribe: ['heads', 'finalized', 'raw'], reconnect: true, endpoints: true, headers: true, snapshot: true, stat: true,
  };

  /** The first connection, or the error of the last endpoint: the provider itself would try for ever. */
  async connect() {
    this.provider = new WsProvider(this.urls, undefined, this.options.headers);
    let left = this.urls.length;
    await new Promise((resolve, reject) => {
      this.provider.on('connected', resolve);
      this.provider.on('error', (error) => (left -= 1) <= 0 && reject(new Failed('connect', `${error?.message}`)));
    }).catch(async (error) => {
      await this.provider.disconnect();
      throw error;
    });
  }

  async close() {
    await (this.made ? (await this.made).disconnect() : this.provider.disconnect());
    for (const ask of this.followed) ask.left(new Failed('closed', 'the handle was closed'));
  }

  followed = new Set(); // subscriptions

  get api() {
    const { ApiPromise } = require('@polkadot/api'); // which takes long to load: only those wait who need it
    this.made ??= ApiPromise.create({ provider: this.provider, noInitWarn: true, throwOnConnect: true });
    return this.made;
  }

  raw(ask, method, params) {
    return this.provider.send(method, params);
  }

  async function(ask, name, args) {
    return new At(await this.at(ask.pin)).function(ask, name, args);
  }

  /** The API of a block, or that of the head, which each query finds by itself. */
  async at(pin) {
    const api = await this.api;
    if (pin === null) return api;
    return api.at(pin.hash ?? (await api.rpc.chain.getBlockHash(pin.block)));
  }

  async snapshot() {
    const api = await this.api;
    return new At(await api.at(await api.rpc.chain.getBlockHash()));
  }

  async subscribe(ask, user) {
    const left = new Promise((resolve, reject) => (ask.left = (error) => (error ? reject(error) : resolve())));
    left.catch(() => {}); // it may end while it is being made
    this.followed.add(ask);
    const { method, params, unsubscribe, type, item } = streamOf(ask);
    const id = await this.provider.subscribe(type, method, params, (error, result) => !error && user.item(item(result)));
    ask.leave = () => this.provider.unsubscribe(type, unsubscribe, id);
    user.subscribed();
    await left.finally(() => this.followed.delete(ask));
  }

  async unsubscribe(ask) {
    await ask.leave();
    ask.left();
  }

  pending() {
    return this.provider.stats.active.requests;
  }

  subscriptions() {
    return this.provider.stats.active.subscriptions;
  }

  static failure(error) {
    if (error?.name === 'RpcError') return new Failed('rpc', message(error), { code: error.code, data: error.data });
    const outcome = OUTCOMES.find(([text]) => String(error?.message).includes(text))?.[1] ?? 'other';
    return new Failed(outcome, `${error?.message}`);
  }
}

serve(Polkadot, import.meta.url);
