import { describe, expect, it } from 'vitest';
import { TlsRecords } from '../../src/proxy/tls-records.ts';
import { testLink } from '../support/link.ts';

const RECORDS = Uint8Array.of(22, 3, 3, 0, 2, 1, 2, 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 0, 99, 3, 3, 0, 0);
const TYPES = ['handshake', 'change_cipher_spec', 'application_data', 'other'];

describe('TLS records', () => {
  it('are counted wherever the segments end', () => {
    for (let cut = 0; cut <= RECORDS.length; cut++) {
      const records = new TlsRecords();
      expect([...records.push(RECORDS.slice(0, cut)), ...records.push(RECORDS.slice(cut))]).toEqual(TYPES);
    }
  });

  it('are told by a link after STARTTLS and its REPLY, while the octets pass unchanged', () => {
    const { link, dialect } = testLink(1);
    dialect.dialect = 'dhcpv6-failover';
    dialect.notice(Uint8Array.of(0, 4, 23, 0, 0, 1));
    const reply = Uint8Array.of(0, 4, 7, 0, 0, 1);
    const outputs = link.receive(Uint8Array.from([...reply, ...RECORDS]), 0);
    expect(outputs).toContainEqual({ kind: 'tls-records', types: TYPES });
    expect(outputs).toContainEqual({ kind: 'unreadable', streamOffset: 6, reason: 'TLS after STARTTLS' });
  });
});
