// @polkadot/api, unmodified: storage, a map, two runtime calls, and heads while this program advances them
// by the control API. Prints one JSON object.
//
//     node polkadot.mjs WS-URL CONTROL-URL ACCOUNT FIRST-HEAD

import { ApiPromise, WsProvider } from '@polkadot/api';

const [url, controlUrl, account, first] = process.argv.slice(2);
const provider = new WsProvider(url, false);
await provider.connect();
const api = await ApiPromise.create({ provider, noInitWarn: true });

const control = (method, ...params) =>
  fetch(controlUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  }).then((reply) => reply.json());

const free = (await api.query.system.account(account)).data.free.toString();
const networks = Object.fromEntries(
  (await api.query.subtensorModule.networksAdded.entries()).map(([key, value]) => [
    key.args[0].toString(),
    value.isTrue,
  ]),
);
const versions = (await api.call.metadata.metadataVersions()).toJSON();
const nonce = (await api.call.accountNonceApi.accountNonce(account)).toNumber();

const heads = [];
await control('mock_setHead', Number(first));
await new Promise((resolve, reject) => {
  api.rpc.chain
    .subscribeNewHeads(async (header) => {
      heads.push([header.number.toNumber(), header.hash.toHex()]);
      if (heads.length === 4) resolve();
      else await control('mock_advanceHead');
    })
    .catch(reject);
});

console.log(
  JSON.stringify({
    chain: (await api.rpc.system.chain()).toString(),
    genesis: api.genesisHash.toHex(),
    specVersion: api.runtimeVersion.specVersion.toNumber(),
    free,
    networks,
    versions,
    nonce,
    heads,
  }),
);
await api.disconnect();
