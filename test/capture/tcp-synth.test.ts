/**
 * Goal: hosts could have sent these packets. Headers are read here with plain DataView code, checksums are checked by
 * another rule than the one that made them (all words of a good packet sum to 0 modulo 65535).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../src/base/flow.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { type SynthPacket, sumOfData, TcpSynth } from '../../src/capture/tcp-synth.ts';

const ends6: readonly [SocketAddress, SocketAddress] = [
  { address: '2001:db8::1', port: 45_000 },
  { address: 'fe80::2%eth0', port: 647 },
];
const ends4: readonly [SocketAddress, SocketAddress] = [
  { address: '192.0.2.1', port: 45_000 },
  { address: '192.0.2.2', port: 647 },
];

interface Header {
  readonly source: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: string;
  readonly payload: Uint8Array;
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'];

function headerOf({ bytes }: SynthPacket): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const tcp = view.getUint16(12) === 0x86dd ? 54 : 34;
  const flags = FLAGS.filter((_, bit) => ((bytes[tcp + 13] as number) >> bit) & 1).join(' ');
  return {
    source: view.getUint16(tcp),
    sequence: view.getUint32(tcp + 4),
    acknowledgement: view.getUint32(tcp + 8),
    flags,
    payload: bytes.subarray(tcp + ((bytes[tcp + 12] as number) >> 4) * 4),
  };
}

function wordsModulo65535(bytes: Uint8Array, start: number, end: number): number {
  let rest = 0;
  for (let at = start; at < end; at += 2)
    rest = (rest + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)) % 65_535;
  return rest;
}

/** With the pseudo-header: addresses, protocol 6 and the TCP length. */
function tcpChecksumIsRight({ bytes }: SynthPacket): boolean {
  const version6 = bytes[12] === 0x86;
  const tcp = version6 ? 54 : 34;
  const padded = new Uint8Array(bytes.length + (bytes.length % 2));
  padded.set(bytes);
  const sum = wordsModulo65535(padded, version6 ? 22 : 26, padded.length) + 6 + bytes.length - tcp;
  return sum % 65_535 === 0;
}

const shape = (packets: readonly SynthPacket[]) =>
  packets.map((packet) => {
    const { flags, sequence, acknowledgement, payload } = headerOf(packet);
    return [packet.direction, flags, sequence, acknowledgement, payload.length];
  });

describe('a synthesised connection', () => {
  it('opens, sends, closes with the numbers of RFC 9293', () => {
    const synth = new TcpSynth(ends6, { initialSequence: [100, 0xffff_fffe], segmentOctetsMax: 4 });
    expect(shape(synth.open())).toEqual([
      [0, 'SYN', 100, 0, 0],
      [1, 'SYN ACK', 0xffff_fffe, 101, 0],
      [0, 'ACK', 101, 0xffff_ffff, 0],
    ]);
    expect(shape(synth.data(1, new Uint8Array(10), 1))).toEqual([
      [1, 'ACK', 0xffff_ffff, 101, 4],
      [1, 'ACK', 3, 101, 4],
      [1, 'PSH ACK', 7, 101, 1],
      [0, 'ACK', 101, 8, 0],
    ]);
    expect(shape(synth.fin(0))).toEqual([
      [0, 'FIN ACK', 101, 8, 0],
      [1, 'ACK', 8, 102, 0],
    ]);
    expect(shape(synth.fin(1))).toEqual([
      [1, 'FIN ACK', 8, 102, 0],
      [0, 'ACK', 102, 9, 0],
    ]);
  });

  it('names the ports of the sender and lets nothing follow a reset', () => {
    const synth = new TcpSynth(ends4);
    expect(synth.open().map((packet) => headerOf(packet).source)).toEqual([45_000, 647, 45_000]);
    expect(shape(synth.reset(1)).map(([direction, flags]) => [direction, flags])).toEqual([[1, 'RST ACK']]);
    expect(() => synth.data(0, new Uint8Array(1))).toThrow(InvariantError);
  });

  it('writes an IPv4 end beside an IPv6 end as mapped', () => {
    const [syn] = new TcpSynth([ends4[0], ends6[1]]).open();
    expect([...(syn as SynthPacket).bytes.subarray(22, 38)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1,
    ]);
  });

  it('has right checksums and carries every octet, whatever is sent', () => {
    const step = fc.tuple(fc.constantFrom<Direction>(0, 1), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.boolean(), fc.array(step), fc.integer({ min: 1, max: 200 }), (six, steps, octets) => {
        const synth = new TcpSynth(six ? ends6 : ends4, { segmentOctetsMax: octets });
        const packets = [...synth.open()];
        for (const [direction, bytes] of steps) {
          const sent = synth.data(direction, bytes);
          const carried = sent.filter((packet) => packet.direction === direction);
          expect(Buffer.concat(carried.map((packet) => headerOf(packet).payload)).equals(bytes)).toBe(true);
          packets.push(...sent);
        }
        packets.push(...synth.fin(1), ...synth.fin(0));
        expect(packets.every(tcpChecksumIsRight)).toBe(true);
        if (!six) expect(packets.every(({ bytes }) => wordsModulo65535(bytes, 14, 34) === 0)).toBe(true);
      }),
    );
  });

  it('writes a single packet of data into other memory as it would have made it', () => {
    const step = fc.tuple(fc.constantFrom<Direction>(0, 1), fc.uint8Array({ maxLength: 1500 }), fc.nat(3));
    fc.assert(
      fc.property(fc.boolean(), fc.array(step), (six, steps) => {
        const [one, other] = [0, 1].map(() => new TcpSynth(six ? ends6 : ends4)) as [TcpSynth, TcpSynth];
        one.open();
        other.open();
        for (const [direction, octets, at] of steps) {
          // Sums are made faster of what is aligned.
          const data = new Uint8Array(octets.length + at).subarray(at);
          data.set(octets);
          const size = one.singleOctets(direction, data.length);
          const packets = other.data(direction, data);
          expect(size > 0).toBe(packets.length === 1);
          if (size === 0) one.data(direction, data);
          else {
            const memory = new Uint8Array(at + size + 1).fill(0xee);
            one.putSingle(direction, data, sumOfData(data), memory, at);
            expect(memory.subarray(at, at + size)).toEqual(packets[0]?.bytes);
            expect([memory[at - 1] ?? 0xee, memory[at + size]]).toEqual([0xee, 0xee]);
          }
        }
      }),
    );
  });
});
