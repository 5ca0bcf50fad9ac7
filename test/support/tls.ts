/**
 * TLS between two ends of Node's in one process, with every octet on the wire written down: what a capture of it
 * would hold. Third-party octets for the reader, and the key log that belongs to them.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Direction } from '../../src/base/flow.ts';
import { MICROSECONDS } from '../../src/base/timestamp.ts';
import { LINK_TYPE } from '../../src/capture/link-types.ts';
import {
  interfaceBlock,
  packetBlock,
  secretsBlock,
  sectionHeaderBlock,
} from '../../src/capture/pcapng-writer.ts';
import { TcpSynth } from '../../src/capture/tcp-synth.ts';

export const certificateFile = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));

const material = (name: string) => ({
  cert: readFileSync(certificateFile(`${name}.pem`)),
  key: readFileSync(certificateFile(`${name}.key`)),
  ca: readFileSync(certificateFile('ca.pem')),
});

export interface Wire {
  /** In the order in which they were sent. */
  readonly pieces: readonly { readonly direction: Direction; readonly octets: Uint8Array }[];
  /** NSS lines of both sides, each once. */
  readonly keyLog: string;
}

export interface TlsChoice {
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers: string;
  /** Groups that the server takes: another one than the client's first makes it ask again (HelloRetryRequest). */
  readonly serverGroups?: string;
  readonly maxSendFragment?: number;
  /** From a connection before, to resume it. */
  readonly session?: Buffer;
  readonly onSession?: (session: Buffer) => void;
  readonly ticketKeys?: Buffer;
}

export interface Said {
  readonly direction: Direction;
  readonly octets: Uint8Array;
}

/** What `said` looks like within TLS; each piece is on its way before the next one is said. */
export async function wireOf(choice: TlsChoice, said: readonly Said[]): Promise<Wire> {
  const pieces: { direction: Direction; octets: Uint8Array }[] = [];
  const ends = [new End(0, pieces), new End(1, pieces)] as const;
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  const lines = new Set<string>();
  const note = (line: Buffer): unknown => lines.add(line.toString());
  const { version, ciphers, serverGroups, maxSendFragment, session, onSession, ticketKeys } = choice;
  const versions = { minVersion: version, maxVersion: version, ciphers } as const;
  const server = new TLSSocket(ends[1], {
    isServer: true,
    requestCert: true,
    secureContext: createSecureContext({
      ...material('secondary'),
      ...versions,
      ...(serverGroups === undefined ? {} : { ecdhCurve: serverGroups }),
      ...(ticketKeys === undefined ? {} : { ticketKeys }),
      sessionIdContext: 'leasetap',
    }),
  });
  const client = tlsConnect({
    socket: ends[0],
    ...material('primary'),
    ...versions,
    servername: 'secondary.example.com',
    ...(session === undefined ? {} : { session }),
  });
  for (const socket of [client, server]) socket.on('keylog', note);
  if (onSession !== undefined) client.on('session', onSession);
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
  const sockets = [client, server] as const;
  for (const { direction, octets } of said) {
    if (maxSendFragment !== undefined) sockets[direction].setMaxSendFragment(maxSendFragment);
    const heard = arrival(sockets[direction === 0 ? 1 : 0], octets.length);
    sockets[direction].write(octets);
    await heard;
  }
  client.end();
  server.end();
  await new Promise((resolve) => setImmediate(resolve));
  return { pieces, keyLog: `${[...lines].map((line) => line.trim()).join('\n')}\n` };
}

class End extends Duplex {
  peer: Duplex | undefined;
  private readonly direction: Direction;
  private readonly pieces: Said[];

  constructor(direction: Direction, pieces: Said[]) {
    super();
    this.direction = direction;
    this.pieces = pieces;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    const octets = Uint8Array.from(chunk);
    this.pieces.push({ direction: this.direction, octets });
    setImmediate(() => this.peer?.push(octets));
    done();
  }

  override _final(done: () => void): void {
    done();
  }
}

function arrival(socket: TLSSocket, octets: number): Promise<void> {
  return new Promise((resolve) => {
    let length = 0;
    const count = (chunk: Buffer): void => {
      length += chunk.length;
      if (length < octets) return;
      socket.off('data', count);
      resolve();
    };
    socket.on('data', count);
  });
}

/** 2024-03-05T09:00:00Z. */
const BEGIN_SECONDS = 1_709_629_200;

/** A capture of a connection in which this went over the wire; `secrets`: with a secrets block; `lost`: but this piece; `beginsLate`: without the SYNs. */
export function captureOf(
  pieces: readonly Said[],
  secrets?: string,
  port = 647,
  lost = -1,
  beginsLate = false,
): Uint8Array {
  const synth = new TcpSynth([
    { address: '2001:db8::10', port: 40_000 },
    { address: '2001:db8::20', port },
  ]);
  const blocks = [sectionHeaderBlock(), interfaceBlock({ linkType: LINK_TYPE.ethernet })];
  if (secrets !== undefined) blocks.push(secretsBlock(new TextEncoder().encode(secrets)));
  const beginning = synth.open();
  const data = pieces.map(({ direction, octets }, index) =>
    synth.data(direction, octets).slice(index === lost ? 1 : 0),
  );
  const packets = [beginsLate ? [] : beginning, ...data].flat();
  packets.push(...synth.fin(0), ...synth.fin(1));
  for (const [index, { bytes }] of packets.entries()) {
    const time = { unixSeconds: BEGIN_SECONDS + index, ticks: 0, resolution: MICROSECONDS };
    blocks.push(packetBlock({ interfaceId: 0, time, bytes }).slice());
  }
  return Buffer.concat(blocks);
}
