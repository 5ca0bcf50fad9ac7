/** A relay agent: layouts by hand from RFC 8415 §9, and the way there and back. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { relayForward, relayReply } from '../../src/sim/relay.ts';

const LINK = fromHex('20010db8000100000000000000000001') as Uint8Array;
const PEER = fromHex('fe800000000000000000000000000099') as Uint8Array;
const SOLICIT = fromHex('01123456') as Uint8Array;
const agent = { linkAddress: LINK, interfaceId: Uint8Array.of(0xca, 0xfe) };

describe('a relay agent', () => {
  const forwarded = `0c00${toHex(LINK)}${toHex(PEER)}00120002cafe0009000401123456`;

  it('forwards octets as they are', () => {
    expect(toHex(relayForward(agent, PEER, SOLICIT) ?? new Uint8Array())).toBe(forwarded);
    expect(toHex(relayForward({ linkAddress: LINK }, PEER, Uint8Array.of(0xfe)) ?? new Uint8Array())).toBe(
      `0c00${toHex(LINK)}${toHex(PEER)}00090001fe`,
    );
  });

  it('counts hops and stops at the limit', () => {
    let datagram: Uint8Array | undefined = SOLICIT;
    for (let hop = 0; hop <= 8; hop++) {
      datagram = relayForward(agent, PEER, datagram as Uint8Array);
      expect(datagram?.[1]).toBe(hop);
    }
    expect(relayForward(agent, PEER, datagram as Uint8Array)).toBeUndefined();
  });

  it('takes a RELAY-REPL apart, and nothing else', () => {
    const reply = fromHex(`0d${forwarded.slice(2)}`) as Uint8Array;
    expect(relayReply(reply)).toEqual({ peer: PEER, datagram: SOLICIT });
    for (const hex of ['', '0d00', forwarded, `0d00${toHex(LINK)}${toHex(PEER)}`, '07123456']) {
      expect(relayReply(fromHex(hex) as Uint8Array)).toBeUndefined();
    }
  });
});
