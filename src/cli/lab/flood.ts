/** Many TCP connections that say nothing and stay for a while: what a scanner or a broken partner does to a listener. */
import { connect } from 'node:net';
import type { Endpoint } from '../../base/flow.ts';

const CONNECTIONS = 100;
const STAY_MILLIS = 5000;

/** Resolves when all have been tried; they end by themselves, and keep no process alive. */
export async function flood({ address, port }: Endpoint): Promise<void> {
  const tries = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect({ host: address, port });
    setTimeout(() => socket.destroy(), STAY_MILLIS).unref();
    socket.unref();
    return new Promise<void>((resolve) => {
      socket.on('connect', () => resolve());
      // Being refused is what may happen to it.
      socket.on('error', () => resolve());
    });
  });
  await Promise.all(tries);
}
