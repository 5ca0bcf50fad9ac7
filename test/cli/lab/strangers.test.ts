/** Strangers say what the partner would say; whoever answers them, or keeps them, is found out. */
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LAB_TIMES, type LabPlan } from '../../../src/cli/lab/plan.ts';
import { perfectConnect } from '../../../src/cli/lab/strangers.ts';
import { strangersCall } from '../../../src/cli/proxy/intruders.ts';
import { decodeFailoverMessage } from '../../../src/wire/failover.ts';
import { portOf } from '../../support/relay.ts';

const PLAN: LabPlan = {
  folder: '/tmp/lab',
  ports: { proxy: 1, failover: 2, clients: { primary: 3, secondary: 4 } },
  times: LAB_TIMES,
};

async function listening(then: (socket: Socket, said: Uint8Array) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (said) => then(socket, said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return { address: '127.0.0.1', port: portOf(server) };
}

it('is fine with a server that drops them, whatever they say', async () => {
  const said: Uint8Array[] = [];
  const on = await listening((socket, bytes) => {
    said.push(bytes);
    socket.destroy();
  });
  await strangersCall(on, perfectConnect(PLAN));
  expect(said).toHaveLength(20);
  for (const bytes of said) {
    const { message } = decodeFailoverMessage(bytes, 2, bytes.length);
    expect(message).toMatchObject({ type: 'CONNECT', relationshipName: 'lab' });
  }
});

it('is not with one that answers', async () => {
  const on = await listening((socket) => socket.end('no'));
  await expect(strangersCall(on, perfectConnect(PLAN))).rejects.toThrow('a stranger was answered');
});
