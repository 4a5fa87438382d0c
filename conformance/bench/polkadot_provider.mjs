// WsProvider.send of @polkadot/api, without its cache of replies, so that each read is a request.
import { WsProvider } from '@polkadot/api';
import { measure } from './peer.mjs';

await measure(async (url) => {
    const provider = new WsProvider(url, false);
    const opened = new Promise((resolve, reject) => {
        provider.on('connected', resolve);
        provider.on('error', reject);
    });
    await provider.connect();
    await opened;
    return {
        ask: (method, params) => provider.send(method, params, false),
        close: () => provider.disconnect(),
    };
});
