// The shortest client that is right: the package `ws` and a map from id to promise.
import WebSocket from 'ws';
import { measure } from './peer.mjs';

await measure((url) => new Promise((opened, failed) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const pending = new Map();
    let last = 0;
    const ask = (method, params) => new Promise((resolve, reject) => {
        const id = ++last;
        pending.set(id, { resolve, reject });
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
    socket.on('message', (data) => {
        const { id, result, error } = JSON.parse(data);
        const waiting = pending.get(id);
        pending.delete(id);
        if (error === undefined) {
            waiting.resolve(result);
        } else {
            waiting.reject(new Error(error.message));
        }
    });
    socket.on('close', () => pending.forEach(({ reject }) => reject(new Error('closed'))));
    socket.on('error', failed);
    socket.on('open', () => opened({ ask, close: () => socket.close() }));
}));
