/**
 * TLS under a replay: STARTTLS and its REPLY (RFC 7653 §8.2, §9.1), then the handshake on the same connection, with a
 * certificate on both sides (RFC 8156 §10). What comes back is the connection as it is inside.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { concatBytes, NO_BYTES, readU16 } from '../../base/bytes.ts';
import { type Direction, opposite } from '../../base/flow.ts';
import { InputError } from '../../base/problem.ts';
import { withPrefix } from '../../proxy/cutter.ts';
import { PREFIX_OCTETS, REPLY, STARTTLS, statusOf } from '../../proxy/dialect.ts';
import { TlsLeg } from '../../proxy/tls/leg.ts';
import type { TlsTermination } from '../../proxy/tls/terminate.ts';

/** STARTTLS and its REPLY are a header, and perhaps a status. */
const MESSAGE_OCTETS_MAX = 1024;

/**
 * `side`: the one that is played; the other one is at the end of `socket`. Calls `told` with what the handshake came to.
 * Rejects with InputError if there is no TLS: refused, another message instead, a certificate that is no good.
 */
export async function secure(
  socket: Socket,
  side: Direction,
  { identities, ca }: TlsTermination,
  told: (about: string) => void,
): Promise<Duplex> {
  let secured = (): void => undefined;
  let failed = (_: Error): void => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    secured = resolve;
    failed = reject;
  });
  const leg = new TlsLeg(socket, {
    // Who plays the primary is where the proxy is towards the secondary.
    leg: opposite(side),
    identity: () => identities[0],
    ca,
    listener: {
      wire: () => undefined,
      wireEnded: () => undefined,
      handshakeBegins: () => undefined,
      secured: (about) => {
        told(about);
        secured();
      },
      failed: (why) => failed(new InputError(`TLS: ${why}`)),
      keylog: () => undefined,
    },
  });
  leg.on('error', (error) => failed(new InputError(`TLS: ${error.message}`)));
  leg.on('close', () => failed(new InputError('TLS: closed before the handshake was done')));
  // Whoever waits for the exchange below is told of a failure by it.
  ready.catch(() => undefined);
  await Promise.race([side === 0 ? askForTls(leg) : answerStartTls(leg), ready]);
  await ready;
  return leg;
}

async function askForTls(leg: Duplex): Promise<void> {
  const id = Uint8Array.of(0, 0, 1);
  const answer = firstMessage(leg);
  leg.write(withPrefix(concatBytes([Uint8Array.of(STARTTLS), id])));
  const reply = await answer;
  if (reply[PREFIX_OCTETS] !== REPLY)
    throw new InputError(`TLS: the answer to STARTTLS is a message of type ${reply[PREFIX_OCTETS]}`);
  const status = statusOf(reply);
  if (status !== 0) throw new InputError(`TLS: the server refuses STARTTLS with status ${status}`);
}

async function answerStartTls(leg: Duplex): Promise<void> {
  const asked = await firstMessage(leg);
  if (asked[PREFIX_OCTETS] !== STARTTLS)
    throw new InputError(
      `TLS: the server begins with a message of type ${asked[PREFIX_OCTETS]}, not with STARTTLS`,
    );
  const id = asked.subarray(PREFIX_OCTETS + 1, PREFIX_OCTETS + 4);
  leg.write(withPrefix(concatBytes([Uint8Array.of(REPLY), id])));
}

/** With its length prefix; nothing may come behind it, and nothing more is read. */
function firstMessage(leg: Duplex): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array = NO_BYTES;
    const onData = (chunk: Uint8Array): void => {
      bytes = concatBytes([bytes, chunk]);
      const whole = bytes.length < PREFIX_OCTETS ? PREFIX_OCTETS : PREFIX_OCTETS + readU16(bytes, 0);
      if (bytes.length <= PREFIX_OCTETS || bytes.length < whole) {
        if (whole > MESSAGE_OCTETS_MAX) reject(new InputError(`TLS: a first message of ${whole} octets`));
        return;
      }
      leg.off('data', onData);
      leg.pause();
      resolve(bytes.subarray(0, whole));
    };
    leg.on('data', onData);
  });
}
