import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { InputError } from '../../src/base/problem.ts';
import { encodeMessage } from '../../src/dissect/encode.ts';
import { captured, DISSECTORS } from './captured.ts';

const DIRECTORY = new URL('../../fixtures/captures/dhcpv6/', import.meta.url);

function encode(input: unknown): string {
  return toHex(encodeMessage(DISSECTORS, 'dhcpv6-failover', input));
}

function mistake(input: unknown): string {
  try {
    encode(input);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('encodeMessage', () => {
  it('makes a message of the short form', () => {
    const options = [
      { F_SERVER_STATE: { 'server-state': 'PARTNER-DOWN' } },
      { OPTION_F_SERVER_FLAGS: { 'server-flags': ['COMMUNICATED', 'STARTUP'] } },
      { 200: { data: 'c0ffee' } },
    ];
    // Written by hand from RFC 8156 §5.2, §5.5.15 and §5.5.16.
    expect(encode({ type: 'state', 'transaction-id': 7, 'sent-time': 762944400, options })).toBe(
      `22000007${'2d799b90'}0084000104${'0083000103'}00c80003c0ffee`,
    );
  });

  it('makes nested options and repairs nothing that was not said', () => {
    const address = {
      'IPv6-address': '2001:db8::1',
      'preferred-lifetime': 1,
      'valid-lifetime': 2,
      options: [{ F_BINDING_STATUS: { 'binding-status': 1 } }],
    };
    const association = { IAID: 3, T1: 4, T2: 5, options: [{ IAADDR: address }] };
    const client = { options: [{ CLIENTID: { DUID: '0003000102005e005301' } }, { IA_NA: association }] };
    expect(
      encode({ type: 24, 'transaction-id': 1, 'sent-time': 0, options: [{ CLIENT_DATA: client }] }),
    ).toBe(
      `1800000100000000${'002d003f'}0001000a0003000102005e005301${'0003002d'}000000030000000400000005${'0005001d'}20010db80000000000000000000000010000000100000002${'0072000101'}`,
    );
  });

  it('refuses what does not fit, naming the place and what was expected', () => {
    const header = { type: 'STATE', 'transaction-id': 1, 'sent-time': 0 };
    expect(mistake({ ...header, type: 'STATES' })).toBe(
      'message.type: expected a message of dhcpv6-failover by name or number, found "STATES"',
    );
    expect(mistake({ type: 'STATE', 'transaction-id': 1 })).toBe(
      'message: key sent-time is missing: a number from 0 to 4294967295',
    );
    expect(mistake({ ...header, 'transaction-id': 2 ** 24 })).toMatch(
      /^message.transaction-id: expected a number from 0 to 16777215/,
    );
    expect(mistake({ ...header, colour: 1 })).toMatch(/^message.colour: unknown key colour/);
    expect(mistake({ ...header, options: [{ F_MCLT: { mclt: -1 } }] })).toMatch(
      /^message.options.0.F_MCLT.mclt: expected a number from 0/,
    );
    expect(mistake({ ...header, options: [{ F_MCLT: { mtlc: 1 } }] })).toMatch(
      /^message.options.0.F_MCLT: key mclt is missing/,
    );
    expect(mistake({ ...header, options: [{ F_MCLT: { mclt: 1, x: 1 } }] })).toMatch(
      /OPTION_F_MCLT has no field x; expected one of mclt$/,
    );
    expect(mistake({ ...header, options: [{ F_MTLC: {} }] })).toMatch(/there is no option F_MTLC$/);
    expect(mistake({ ...header, options: [{ F_SERVER_STATE: { 'server-state': 'GONE' } }] })).toMatch(
      /expected a number from 0 to 255 or one of STARTUP, NORMAL,/,
    );
    expect(mistake({ ...header, options: [{ F_SERVER_STATE: { 'server-state': 2, options: [] } }] })).toMatch(
      /holds no options$/,
    );
    expect(mistake({ ...header, options: 5 })).toBe('message.options: expected a list, found 5');
    expect(mistake({ ...header, options: [{ 4000: { data: '00'.repeat(65_530) } }] })).toMatch(
      /65542 octets, more than the 65535/,
    );
    expect(mistake('STATE')).toBe('message: expected a mapping, found "STATE"');
  });

  it('refuses nesting without end', () => {
    let inner: unknown = { CLIENT_DATA: { options: [] } };
    for (let depth = 0; depth < 1000; depth++) inner = { CLIENT_DATA: { options: [inner] } };
    expect(mistake({ type: 'BNDUPD', 'transaction-id': 1, 'sent-time': 0, options: [inner] })).toMatch(
      /inside each other$/,
    );
  });

  it('gives the octets back that the JSON of every message in the sample captures was made from', async () => {
    let count = 0;
    for (const name of readdirSync(DIRECTORY).filter((file) => /\.pcap(ng)?$/.test(file))) {
      const { messages } = await captured(new URL(name, DIRECTORY).pathname);
      for (const message of messages) {
        if (message.problems().length > 0) continue;
        const { bytes, start, end } = message.frame;
        const again = encodeMessage(
          DISSECTORS,
          message.protocol,
          JSON.parse(message.json()),
          `${name} ${message.index}`,
        );
        expect(toHex(again)).toBe(toHex(bytes, start, end));
        count++;
      }
    }
    expect(count).toBeGreaterThan(2000);
  });
});
