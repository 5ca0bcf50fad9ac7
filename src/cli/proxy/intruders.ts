/** Connections to a server that its partner does not make, on purpose: many that say nothing, and those of strangers. */
import { connect } from 'node:net';
import type { SocketAddress } from '../../base/socket-address.ts';

const FLOOD_CONNECTIONS = 100;
const FLOOD_STAY_MILLIS = 5000;
const STRANGERS = 20;
const STRANGERS_PATIENCE_MILLIS = 15_000;

/**
 * Many connections that stay for a while: what a scanner or a broken partner does to a listener. Resolves when all have
 * been tried; they end by themselves, and keep no process alive. `from`: the address to dial from.
 */
export async function flood(to: SocketAddress, from?: string): Promise<void> {
  const tries = Array.from({ length: FLOOD_CONNECTIONS }, () => {
    const socket = connect(placeOf(to, from));
    setTimeout(() => socket.destroy(), FLOOD_STAY_MILLIS).unref();
    socket.unref();
    return new Promise<void>((resolve) => {
      socket.on('connect', () => resolve());
      // Being refused is what may happen to it.
      socket.on('error', () => resolve());
    });
  });
  await Promise.all(tries);
}

/**
 * Connections that say what the partner would say, and are not from its address: a server drops them without a word (RFC
 * 8156 §6.1). Resolves when all were closed; rejects if the server has said something, or keeps one.
 */
export async function strangersCall(to: SocketAddress, said: Uint8Array, from?: string): Promise<void> {
  await Promise.all(Array.from({ length: STRANGERS }, () => call(to, said, from)));
}

function call(to: SocketAddress, said: Uint8Array, from: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(placeOf(to, from));
    let connected = false;
    const fail = (why: string): void => {
      reject(new Error(why));
      socket.destroy();
    };
    socket.setTimeout(STRANGERS_PATIENCE_MILLIS, () => fail('a stranger was kept'));
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', () => fail('a stranger was answered'));
    // However a connection ends, it has ended; one that never was proves nothing.
    socket.on('error', ({ message }) => {
      if (!connected) fail(message);
    });
    socket.on('close', () => resolve());
    socket.write(said);
  });
}

function placeOf({ address, port }: SocketAddress, from: string | undefined) {
  return { host: address, port, ...(from === undefined ? {} : { localAddress: from }) };
}
