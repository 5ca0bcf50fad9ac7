import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { InputError } from '../../src/base/problem.ts';
import type { Edit } from '../../src/dissect/edit.ts';
import { checkEdit, editMessage } from '../../src/dissect/edit.ts';
import { encodeMessage } from '../../src/dissect/encode.ts';
import type { Message } from '../../src/dissect/message.ts';
import { DISSECTORS } from './captured.ts';
import { messageOf } from './made.ts';

const LEASE = {
  'IPv6-address': '2001:db8::1',
  'preferred-lifetime': 100,
  'valid-lifetime': 200,
  options: [{ F_BINDING_STATUS: { 'binding-status': 1 } }],
};
const PREFIX = {
  'IPv6-prefix': '2001:db8:1::',
  'prefix-length': 56,
  'preferred-lifetime': 100,
  'valid-lifetime': 200,
};

function update(): Message {
  const client = {
    options: [
      { CLIENTID: { DUID: '0003000102005e005301' } },
      {
        IA_NA: {
          IAID: 1,
          T1: 50,
          T2: 80,
          options: [{ IAADDR: LEASE }, { IAADDR: { ...LEASE, 'IPv6-address': '2001:db8::2' } }],
        },
      },
      { IA_PD: { IAID: 2, T1: 50, T2: 80, options: [{ IAPREFIX: PREFIX }] } },
      { 4000: { data: '0102' } },
    ],
  };
  return messageOf(
    encodeMessage(DISSECTORS, 'dhcpv6-failover', {
      type: 'BNDUPD',
      'transaction-id': 9,
      'sent-time': 1000,
      options: [{ CLIENT_DATA: client }],
    }),
  );
}

/** JSON of the options after the edits; everything else is compared as octets elsewhere. */
function edited(...edits: Edit[]): { readonly json: string; readonly count: number } {
  const { bytes, count } = editMessage(DISSECTORS, update(), edits);
  const message = messageOf(bytes);
  expect(message.problems()).toEqual([]);
  return { json: message.json(), count };
}

describe('editMessage', () => {
  it('changes nothing if nothing is named, octet by octet', () => {
    const message = update();
    const { bytes, count } = editMessage(DISSECTORS, message, [{ do: 'set', place: 'mclt', value: 1 }]);
    expect(count).toBe(0);
    expect(toHex(bytes)).toBe(toHex(message.frame.bytes));
  });

  it('sets a field wherever it stands, or in the n-th place, or inside a named option only', () => {
    const everywhere = edited({ do: 'set', place: 'valid-lifetime', value: 7 });
    expect(everywhere.count).toBe(3);
    expect(everywhere.json.match(/"valid-lifetime":7\b/g)).toHaveLength(3);
    const second = edited({ do: 'set', place: 'valid-lifetime', value: 7, nth: 2 });
    expect(second.json).toMatch(/2001:db8::2","preferred-lifetime":100,"valid-lifetime":7\b/);
    expect(second.count).toBe(1);
    const prefix = edited({ do: 'set', place: 'IAPREFIX/valid-lifetime', value: 7 });
    expect(prefix.json.match(/"valid-lifetime":7\b/g)).toHaveLength(1);
    expect(prefix.json).toMatch(/"valid-lifetime":7,"prefix-length":56/);
  });

  it('takes names of enumerations, addresses and header fields', () => {
    expect(edited({ do: 'set', place: 'binding-status', value: 'EXPIRED' }).json).toContain(
      '"binding-status-name":"EXPIRED"',
    );
    expect(edited({ do: 'set', place: 'ipv6-address', value: '2001:db8::ffff', nth: 1 }).json).toContain(
      '2001:db8::ffff',
    );
    expect(edited({ do: 'set', place: 'sent-time', value: 5 }).json).toContain('"sent_time":5,');
    expect(edited({ do: 'set', place: 'transaction_id', value: 77 }).json).toContain('"transaction_id":77,');
  });

  it('repairs all lengths around a value that grows', () => {
    const before = update();
    const { bytes } = editMessage(DISSECTORS, before, [
      { do: 'set', place: 'CLIENTID/DUID', value: '0002000000090a0b0c0d0e0f10' },
    ]);
    expect(bytes.length).toBe(before.size + 3);
    const message = messageOf(bytes);
    expect(message.problems()).toEqual([]);
    expect(message.json()).toContain('"identifier":"0a0b0c0d0e0f10"');
  });

  it('removes and adds options, at the top and inside others', () => {
    const without = edited({ do: 'remove', place: 'IAADDR/F_BINDING_STATUS' });
    expect(without.count).toBe(2);
    expect(without.json).not.toContain('OPTION_F_BINDING_STATUS');
    const status = { STATUS_CODE: { 'status-code': 'AddressInUse', 'status-message': 'no' } };
    const rejected = edited({ do: 'add', option: status });
    expect(rejected.json).toMatch(/"status-code-name":"AddressInUse","status-message":"no"\}\}\]/);
    const inside = edited({ do: 'add', place: 'IA_NA/IAADDR', option: status, nth: 1 });
    expect(inside.json.match(/AddressInUse/g)).toHaveLength(1);
    expect(inside.count).toBe(1);
  });

  it('leaves octets that nobody can read as they are', () => {
    const whole = update();
    const cut = messageOf(whole.frame.bytes.slice(0, whole.size - 1));
    const { bytes } = editMessage(DISSECTORS, cut, [{ do: 'set', place: 'transaction-id', value: 1 }]);
    expect(toHex(bytes, 4)).toBe(toHex(whole.frame.bytes, 4, whole.size - 1));
    for (const short of [0, 1, 3, 7]) {
      const stump = messageOf(whole.frame.bytes.slice(0, short));
      expect(editMessage(DISSECTORS, stump, [{ do: 'set', place: 'transaction-id', value: 1 }]).count).toBe(
        0,
      );
    }
  });
});

describe('an edit of a message inside another one', () => {
  /** A RELAY-FORW of one agent inside that of another (RFC 8415 §19), as OPTION_LQ_RELAY_DATA has it. */
  const inner = `0c00${'20010db8000000010000000000000001'}${'fe800000000000000000000000000001'}0012000161`;
  const outer = `0c01${'20010db8000000020000000000000001'}${'fe800000000000000000000000000002'}00090027${inner}`;
  const relayed = (): Message =>
    messageOf(
      encodeMessage(DISSECTORS, 'dhcpv6-failover', {
        type: 'BNDUPD',
        'transaction-id': 9,
        'sent-time': 1000,
        options: [
          {
            CLIENT_DATA: {
              options: [{ LQ_RELAY_DATA: { 'peer-address': '::1', 'DHCP-relay-message': outer } }],
            },
          },
        ],
      }),
    );
  const made = (edit: Edit): { readonly count: number; readonly hex: string } => {
    const { bytes, count } = editMessage(DISSECTORS, relayed(), [edit]);
    expect(messageOf(bytes).problems()).toEqual([]);
    return { count, hex: toHex(bytes) };
  };

  it('reaches all of them, and repairs every length around them', () => {
    const { count, hex } = made({ do: 'set', place: 'INTERFACE_ID/interface-id', value: '616263' });
    expect(count).toBe(1);
    expect(hex).toContain('00120003616263');
    // Two octets more in each of: Relay Message, LQ_RELAY_DATA, CLIENT_DATA.
    expect(hex).toContain('00090029');
    expect(made({ do: 'set', place: 'link-address', value: '2001:db8::9' }).count).toBe(2);
  });

  it('knows messages by their names, and one of several by its place', () => {
    const { count, hex } = made({ do: 'set', place: 'RELAY-FORW/hop-count', value: 7, nth: 2 });
    expect(count).toBe(1);
    expect(hex).toContain('0c0120010db80000000200');
    expect(hex).toContain('0c0720010db80000000100');
    const removed = made({ do: 'remove', place: 'INTERFACE_ID' });
    expect([removed.count, removed.hex.includes('00120001')]).toEqual([1, false]);
  });
});

describe('checkEdit', () => {
  const refused = (edit: Edit): string => {
    try {
      checkEdit(DISSECTORS, 'dhcpv6-failover', edit);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    }
    return 'accepted';
  };

  it('accepts what can do something', () => {
    expect(refused({ do: 'set', place: 'server-state', value: 'NORMAL' })).toBe('accepted');
    expect(refused({ do: 'set', place: 'transaction-id', value: 1 })).toBe('accepted');
    expect(refused({ do: 'remove', place: 'OPTION_CLT_TIME' })).toBe('accepted');
    expect(refused({ do: 'add', place: 'IAADDR', option: { 13: { 'status-code': 16 } } })).toBe('accepted');
  });

  it('says at once what cannot', () => {
    expect(refused({ do: 'set', place: 'server-sate', value: 1 })).toBe(
      'server-sate: there is no such field in dhcpv6-failover; did you mean server-state?',
    );
    expect(refused({ do: 'set', place: 'IADDR/valid-lifetime', value: 1 })).toMatch(
      /there is no option iaddr/,
    );
    expect(refused({ do: 'set', place: 'mclt', value: 'long' })).toBe(
      'mclt: expected a number from 0 to 4294967295, found "long"',
    );
    expect(refused({ do: 'set', place: 'mclt', value: 2 ** 32 })).toMatch(
      /expected a number from 0 to 4294967295/,
    );
    expect(refused({ do: 'remove', place: 'OPTION_X' })).toMatch(/there is no option x/);
    expect(refused({ do: 'add', option: { MCLT: { mclt: 'x' } } })).toMatch(
      /^add.MCLT.mclt: expected a number/,
    );
  });
});
