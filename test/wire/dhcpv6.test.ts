/** Bounds of the DHCPv6 codecs; layouts are in fixtures/messages. */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import {
  decodeDhcpv6Message,
  encodeDhcpv6Message,
  encodeRelayEnvelope,
  isRelay,
  openRelayMessage,
} from '../../src/wire/dhcpv6.ts';
import { isDomainName } from '../../src/wire/domain-names.ts';

const NOWHERE = new Uint8Array(16);
const SOLICIT = Uint8Array.of(1, 0, 0, 1);

function relayed(depth: number): Uint8Array {
  let datagram: Uint8Array = SOLICIT;
  for (let hop = 0; hop < depth; hop++) {
    datagram = encodeRelayEnvelope({
      type: 'RELAY-FORW',
      hopCount: hop,
      linkAddress: NOWHERE,
      peerAddress: NOWHERE,
      relayed: datagram,
    });
  }
  return datagram;
}

/** How many relay messages lie around the innermost message that was read. */
function depthOf(datagram: Uint8Array): number {
  let depth = 0;
  let { message } = decodeDhcpv6Message(datagram);
  while (isRelay(message) && message.message !== undefined) {
    depth++;
    message = message.message;
  }
  return depth;
}

describe('relay messages in relay messages', () => {
  it('are read as deep as HOP_COUNT_LIMIT lets them be, and kept as octets below', () => {
    expect(depthOf(relayed(9))).toBe(9);
    expect(decodeDhcpv6Message(relayed(9)).problems).toEqual([]);
    expect(depthOf(relayed(12))).toBe(9);
    expect(decodeDhcpv6Message(relayed(12)).problems).toMatchObject([{ code: 'option-contents' }]);
  });

  it('survive being written again, also below that', () => {
    const deep = relayed(12);
    const { message } = decodeDhcpv6Message(deep);
    if (message.type === 'unknown') throw new Error('a relay message');
    expect(encodeDhcpv6Message(message)).toEqual(deep);
  });

  it('open one by one with what they carry left as it is', () => {
    expect(openRelayMessage(relayed(1))).toMatchObject({ hopCount: 0, relayed: SOLICIT });
    expect(openRelayMessage(relayed(2))?.relayed).toEqual(relayed(1));
    expect(openRelayMessage(SOLICIT)).toBeUndefined();
    expect(openRelayMessage(relayed(1).subarray(0, 33))).toBeUndefined();
  });
});

describe('limits', () => {
  it('tell a bounded number of problems', () => {
    // 1000 times OPTION_PREFERENCE without contents.
    const bad = concatBytes([SOLICIT, ...Array.from({ length: 1000 }, () => Uint8Array.of(0, 7, 0, 0))]);
    const { message, problems } = decodeDhcpv6Message(bad);
    expect(problems).toHaveLength(32);
    expect(message).toMatchObject({ extra: { length: 1000 } });
  });

  it('leave names that are cut, too long or not of letters as octets', () => {
    const list = (...octets: number[]) =>
      Uint8Array.of(...SOLICIT, 0, 24, octets.length >> 8, octets.length & 255, ...octets);
    const long = Array.from({ length: 5 }, () => [50, ...new Array(50).fill(0x61)]).flat();
    for (const octets of [
      [3, 0x61],
      [1, 0x61],
      [64, 0x61],
      [1, 0x2e, 0],
      [...long, 0],
    ]) {
      expect(decodeDhcpv6Message(list(...octets))).toMatchObject({
        message: { extra: [{ code: 24 }] },
        problems: [{ code: 'option-contents' }],
      });
    }
    expect(decodeDhcpv6Message(list(1, 0x61, 0)).message).toMatchObject({ domainList: ['a.'] });
  });

  it('know which names can be written', () => {
    expect(['example.com', 'example.com.', '_x.a-b'].every(isDomainName)).toBe(true);
    const wrong = ['', '.', 'a..b', `${'a'.repeat(64)}.com`, 'ä.com', `${'a.'.repeat(128)}`];
    expect(wrong.some(isDomainName)).toBe(false);
  });
});
