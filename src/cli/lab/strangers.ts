/**
 * Connections from an address that is no partner's, each with the CONNECT that the partner would send: a server drops them
 * without a word (RFC 8156 §6.1).
 */
import { connect } from 'node:net';
import type { Endpoint } from '../../base/flow.ts';
import { toEpoch2000 } from '../../base/time.ts';
import { connectMessage } from '../../failover/handshake.ts';
import { parseServerConfig } from '../../server/config.ts';
import { endpointConfig } from '../../server/engine-config.ts';
import { encodeFailoverFrame } from '../../wire/failover.ts';
import { type LabPlan, serverYaml } from './plan.ts';

const CONNECTIONS = 20;
const PATIENCE_MILLIS = 15_000;

/** Resolves when all were closed; rejects if the server has said something, or keeps one. */
export async function strangersCall(on: Endpoint, plan: LabPlan): Promise<void> {
  const perfect = perfectConnect(plan);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => call(on, perfect)));
}

function call({ address, port }: Endpoint, said: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const fail = (why: string): void => {
      reject(new Error(why));
      socket.destroy();
    };
    socket.setTimeout(PATIENCE_MILLIS, () => fail('a stranger was kept'));
    socket.on('data', () => fail('a stranger was answered'));
    // However it ends, it has ended.
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.write(said);
  });
}

/** What the lab's primary says first. */
function perfectConnect(plan: LabPlan): Uint8Array {
  const { relationships } = parseServerConfig('primary.yaml', serverYaml(plan, 'primary'), (path) => path);
  const [relationship] = relationships;
  if (relationship === undefined) throw new Error('the primary of a lab has a relationship');
  const message = connectMessage(endpointConfig(relationship), 1);
  return encodeFailoverFrame({ ...message, sentTime: toEpoch2000(Date.now()) });
}
