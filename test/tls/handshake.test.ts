/** Goal: what is read of a hello is right, and one that is cut short anywhere is none, or one without what is missing. */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { HandshakeReader, readClientHello, readServerHello } from '../../src/tls/handshake.ts';

const RANDOM = 'a1'.repeat(32);
const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

/** RFC 8446 §4.1.3: legacy_version, random, session id of 2 octets, suite 0x1301, no compression, extensions. */
const SERVER_HELLO = octets(`0303 ${RANDOM} 02 beef 1301 00 0006 002b 0002 0304`);
/** §4.1.2: the same with two suites; early_data (42) is empty. */
const CLIENT_HELLO = octets(`0303 ${RANDOM} 00 0004 1301 1302 01 00 0004 002a 0000`);

describe('a ServerHello', () => {
  it('tells suite and version, that of TLS 1.3 in an extension', () => {
    expect(readServerHello(SERVER_HELLO)).toEqual({
      random: octets(RANDOM),
      version: 'TLSv1.3',
      suite: 0x1301,
      isRetry: false,
    });
    expect(readServerHello(octets(`0303 ${RANDOM} 00 c02f 00`))?.version).toBe('TLSv1.2');
  });

  it('is none without suite, and of TLS 1.2 without its extension', () => {
    const upToCompression = 2 + 32 + 3 + 3;
    for (let length = 0; length < SERVER_HELLO.length; length++) {
      const read = readServerHello(SERVER_HELLO.subarray(0, length));
      expect(read?.version).toBe(length < upToCompression ? undefined : 'TLSv1.2');
      if (length < upToCompression) expect(read).toBeUndefined();
    }
  });
});

describe('a ClientHello', () => {
  it('has no extension that says it goes on behind its end', () => {
    const beyond = octets(`0303 ${RANDOM} 00 0002 1301 01 00 0004 002a 0001`);
    expect(readClientHello(beyond)?.offersEarlyData).toBe(false);
  });

  it('tells its random, and whether early data may follow', () => {
    expect(readClientHello(CLIENT_HELLO)).toEqual({ random: octets(RANDOM), offersEarlyData: true });
    for (let length = 0; length < CLIENT_HELLO.length; length++) {
      const read = readClientHello(CLIENT_HELLO.subarray(0, length));
      expect(read?.offersEarlyData).toBe(length < 34 ? undefined : false);
    }
  });
});

describe('messages in records', () => {
  it('are the same however they are cut, and only hellos keep their octets', () => {
    const finished = `14 00000c ${'00'.repeat(12)}`;
    const hello = `02 0000${SERVER_HELLO.length.toString(16)}`;
    const all = octets(`${hello}${Buffer.from(SERVER_HELLO).toString('hex')}${finished}${finished}`);
    for (let size = 1; size <= all.length; size++) {
      const reader = new HandshakeReader();
      const read = [];
      for (let at = 0; at < all.length; at += size)
        read.push(...(reader.push(all.subarray(at, at + size)) ?? []));
      expect(read.map(({ type, body }) => [type, body.length])).toEqual([
        [2, SERVER_HELLO.length],
        [20, 0],
        [20, 0],
      ]);
    }
  });
});
