/** Proves both legs of a proxy before it is needed: the secondary can be dialled, and the primary comes. */
import { connect, createServer } from 'node:net';
import { formatSocketAddress, normalAddress, type SocketAddress } from '../../base/socket-address.ts';
import { failureText } from '../../base/system-error.ts';

export interface CheckInput {
  readonly listen: SocketAddress;
  readonly to: SocketAddress;
  readonly from: string | undefined;
  /** How long to wait for the primary. */
  readonly seconds: number;
}

export interface Leg {
  readonly ok: boolean;
  readonly text: string;
}

const DIAL_MILLIS = 10_000;

/** Dials the secondary, and closes the connection without a word. */
export function checkSecondary({ to, from }: CheckInput): Promise<Leg> {
  return new Promise((resolve) => {
    const where = formatSocketAddress(to);
    const socket = connect({
      host: to.address,
      port: to.port,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const end = (leg: Leg): void => {
      socket.destroy();
      resolve(leg);
    };
    socket.setTimeout(DIAL_MILLIS, () =>
      end({ ok: false, text: `the secondary at ${where} does not answer` }),
    );
    socket.on('error', (error) => end({ ok: false, text: `the secondary: ${failureText(error)}` }));
    socket.on('connect', () =>
      end({ ok: true, text: `the secondary at ${where} answers; dialled from ${socket.localAddress}` }),
    );
  });
}

/** Listens until the primary, which tries again and again, has come; turns it away. */
export function checkPrimary({ listen, seconds }: CheckInput): Promise<Leg> {
  return new Promise((resolve) => {
    const where = formatSocketAddress(listen);
    const server = createServer({ pauseOnConnect: true });
    const end = (leg: Leg): void => {
      clearTimeout(patience);
      server.close();
      resolve(leg);
    };
    const patience = setTimeout(() => {
      end({
        ok: false,
        text: `nobody has connected to ${where} for ${seconds} s: is the primary running, and sent here?`,
      });
    }, seconds * 1000);
    server.on('error', (error) => end({ ok: false, text: failureText(error) }));
    server.on('connection', (socket) => {
      const address = normalAddress(socket.remoteAddress ?? '') ?? 'an unknown address';
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      end({ ok: true, text: `the primary came to ${where} from ${address}` });
    });
    server.listen({ host: listen.address, port: listen.port });
  });
}
