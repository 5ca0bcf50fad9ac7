/**
 * The vectors of fixtures/messages: each is read, written, read again after writing, cut at every octet, and fed to the
 * framing octet by octet.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import type { Problem } from '../../src/base/problem.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../../src/wire/dhcpv6.ts';
import type { Dhcpv6Message } from '../../src/wire/dhcpv6-messages.ts';
import {
  decodeFailoverMessage,
  encodeFailoverFrame,
  encodeFailoverMessage,
} from '../../src/wire/failover.ts';
import { FrameSplitter } from '../../src/wire/framing.ts';
import type { FailoverMessage, UnknownMessage } from '../../src/wire/messages.ts';

interface Vector<Message> {
  readonly name: string;
  readonly octets: string;
  readonly message: Message;
  readonly order?: 'other';
  readonly problems?: readonly string[];
}

interface Codec<Message> {
  decode(bytes: Uint8Array): {
    readonly message: Message | UnknownMessage;
    readonly problems: readonly Problem[];
  };
  encode(message: Message): Uint8Array;
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/#.*$/gm, ''));
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
}

const customTags = [
  { tag: '!hex', resolve: bytesOf },
  {
    tag: '!ip',
    resolve(text: string) {
      const address = parseIpv6(text);
      if (address === undefined) throw new Error(`no IPv6 address: ${text}`);
      return address;
    },
  },
];

function vectors<Message>(file: string): Vector<Message>[] {
  const path = fileURLToPath(new URL(`../../fixtures/messages/${file}`, import.meta.url));
  return parse(readFileSync(path, 'utf8'), { customTags }) as Vector<Message>[];
}

function check<Message>(list: readonly Vector<Message>[], { decode, encode }: Codec<Message>): void {
  describe.each(list.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const octets = bytesOf(vector.octets);

    it('is read', () => {
      const { message, problems } = decode(octets);
      expect(message).toEqual(vector.message);
      expect(problems.map(({ code }) => code)).toEqual(vector.problems ?? []);
    });

    it('is written, and read again', () => {
      const written = encode(vector.message);
      if (vector.order === undefined) expect(toHex(written)).toBe(toHex(octets));
      expect(decode(written).message).toEqual(vector.message);
    });

    it('is read inside a larger chunk', () => {
      const chunk = concatBytes([Uint8Array.of(0xff, 0xff, 0xff), octets, Uint8Array.of(0xff, 0xff, 0xff)]);
      expect(decode(chunk.subarray(3, 3 + octets.length)).message).toEqual(vector.message);
    });

    it('is read as far as it goes when cut at any octet, and loses nothing when that is written', () => {
      for (let end = 0; end < octets.length; end++) {
        const { message, problems } = decode(octets.slice(0, end));
        for (const { offset = 0 } of problems) expect(offset).toBeLessThanOrEqual(end);
        if ((message as UnknownMessage).type === 'unknown') expect(problems).not.toEqual([]);
        else expect(decode(encode(message as Message)).message).toEqual(message);
      }
    });
  });
}

const failover = vectors<FailoverMessage>('failover.yaml');

check(failover, { decode: (bytes) => decodeFailoverMessage(bytes), encode: encodeFailoverMessage });
check(vectors<Dhcpv6Message>('dhcpv6.yaml'), {
  decode: (bytes) => decodeDhcpv6Message(bytes),
  encode: encodeDhcpv6Message,
});

describe('all failover vectors on one connection', () => {
  it('come out of the framing octet by octet', () => {
    const stream = concatBytes(failover.map(({ message }) => Uint8Array.from(encodeFailoverFrame(message))));
    const seen: unknown[] = [];
    const splitter = new FrameSplitter();
    for (const octet of stream) {
      splitter.push(Uint8Array.of(octet), (bytes, start, end) =>
        seen.push(decodeFailoverMessage(bytes, start, end).message),
      );
    }
    expect(seen).toEqual(failover.map(({ message }) => message));
    expect(splitter.pendingBytes).toBe(0);
  });
});
