/** Loopback ports that nobody uses at the moment; the system chooses them. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { InputError } from '../../base/problem.ts';
import { type LabPorts, LOOPBACK, STRANGERS_LOOPBACK } from './plan.ts';

/**
 * Opens all at once, so that none is given twice, and closes them.
 * @throws InputError if this machine has no IPv6 loopback address
 */
export async function freePorts(): Promise<LabPorts> {
  const opened = await Promise.all([openTcp(), openTcp(), openUdp(), openUdp()]).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error;
      throw new InputError(
        `the lab needs the IPv6 loopback address ${LOOPBACK}, which this machine does not have`,
      );
    },
  );
  const strangers = await openTcp(STRANGERS_LOOPBACK).catch(() => undefined);
  await Promise.all([...opened, strangers].map((one) => one?.close()));
  const [proxy, failover, primary, secondary] = opened.map((one) => one.port) as [
    number,
    number,
    number,
    number,
  ];
  return {
    proxy,
    failover,
    ...(strangers && { strangers: strangers.port }),
    clients: { primary, secondary },
  };
}

interface Opened {
  readonly port: number;
  close(): Promise<void>;
}

function openTcp(host = LOOPBACK): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve({ port: address.port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function openUdp(): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp6').on('error', reject);
    socket.bind(0, LOOPBACK, () => {
      resolve({
        port: socket.address().port,
        close: () => new Promise((done) => socket.close(() => done())),
      });
    });
  });
}
