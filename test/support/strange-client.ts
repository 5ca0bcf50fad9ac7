/** A DHCPv6 client behind a relay agent, with octets of its own: asks, and reads what comes back. */
import { createSocket, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import {
  decodeOptions,
  encodeOptions,
  find,
  hex,
  type In,
  ip,
  type Out,
  text,
  u8,
  u16,
  u32,
} from './strange-octets.ts';

/** RFC 8415 §7.3. */
export const SOLICIT = 1;
export const REQUEST = 3;
export const CONFIRM = 4;
export const RENEW = 5;
export const REBIND = 6;
export const RELEASE = 8;
export const DECLINE = 9;
export const INFORMATION_REQUEST = 11;

export interface Answer {
  readonly type: number;
  readonly options: readonly In[];
}

/** DUID-LL number `n`. */
export const duid = (n: number): Buffer => hex(`0003 0001 02005e000000`).fill(n, 9, 10);

export const iaNa = (iaid: number, ...leases: readonly Out[]): Out => [
  3,
  u32(iaid),
  u32(0),
  u32(0),
  ...leases,
];
export const iaPd = (iaid: number, ...leases: readonly Out[]): Out => [
  25,
  u32(iaid),
  u32(0),
  u32(0),
  ...leases,
];
export const address = (lease: string): Out => [5, ip(lease), u32(0), u32(0)];

export class StrangeClient {
  readonly duid: Buffer;
  /** Relay agents between us and the server. */
  relays = 1;
  private readonly port: number;
  private readonly socket: Socket;
  private xid = 0x51;

  private constructor(n: number, port: number, socket: Socket) {
    this.duid = duid(n);
    this.port = port;
    this.socket = socket;
  }

  static async open(n: number, port: number): Promise<StrangeClient> {
    const socket = createSocket('udp6');
    onTestFinished(() => {
      socket.close();
    });
    await new Promise<void>((resolve) => socket.bind(0, '::1', resolve));
    return new StrangeClient(n, port, socket);
  }

  /** Asks with our DUID and the elapsed time in front. `undefined`: silence for that long. */
  ask(type: number, options: readonly Out[], patience = 5000): Promise<Answer | undefined> {
    const xid = this.xid++;
    const message = Buffer.concat([
      u8(type),
      u32(xid).subarray(1),
      encodeOptions([[1, this.duid], [8, u16(0)], ...options]),
    ]);
    let packet: Buffer = message;
    for (let hop = 0; hop < this.relays; hop++) packet = relayed(packet, hop);
    return new Promise((resolve) => {
      const end = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.socket.off('message', hear);
        resolve(answer);
      };
      const timer = setTimeout(() => end(undefined), patience);
      const hear = (octets: Buffer): void => {
        let inner: Buffer | undefined = octets;
        for (let hop = 0; hop < this.relays; hop++)
          inner = inner && find(decodeOptions(inner.subarray(34)), 9)?.fixed;
        if (inner?.readUIntBE(1, 3) === xid)
          end({ type: inner[0] ?? 0, options: decodeOptions(inner.subarray(4)) });
      };
      this.socket.on('message', hear);
      this.socket.send(packet, this.port, '::1');
    });
  }
}

/** RELAY-FORW on the link of the tests' pool (RFC 8415 §9). */
function relayed(packet: Buffer, hop: number): Buffer {
  const link = hop === 0 ? ip('2001:db8:1::1') : ip('::');
  return Buffer.concat([
    u8(12),
    u8(hop),
    link,
    ip('fe80::1'),
    encodeOptions([
      [18, text(`port-${hop}`)],
      [9, packet],
    ]),
  ]);
}
