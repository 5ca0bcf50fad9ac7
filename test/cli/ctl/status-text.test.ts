/** What `leasetap ctl` prints is exactly this, and what a partner sends cannot reach the terminal as it is. */
import { expect, test } from 'vitest';
import { leaseHeading, leaseLine, statusLines } from '../../../src/cli/ctl/status-text.ts';
import type { LeaseStatus, ServerStatus } from '../../../src/server/status.ts';

const STATUS: ServerStatus = {
  version: '0.1.0',
  duid: '000300010200',
  started_iso: '2026-11-21T00:00:00.000Z',
  uptime_seconds: 7300,
  listening: { failover: ['[::]:647'], dhcpv6: ['[::]:547'] },
  clients: { answered: { ADVERTISE: 2, REPLY: 5 }, unanswered: { 'not through a relay': 1 } },
  relationships: [
    {
      name: 'campus',
      role: 'secondary',
      state: 'COMMUNICATIONS-INTERRUPTED',
      since: 848_534_400,
      since_iso: '2026-11-21T00:00:00Z',
      communications: 'interrupted',
      connection_trouble: { since_iso: '2026-11-21T00:00:00.000Z', attempts: 3, why: 'TLS: \u001b[2J' },
      partner_address: '2001:db8::1',
      partner_state: 'NORMAL',
      partner_since: 848_534_000,
      partner_since_iso: '2026-11-20T23:53:20Z',
      responsiveness: 'responsive',
      skew_seconds: -1.25,
      updates_needed: 3,
      updates_unacked: 0,
      messages: { sent: { CONNECTREPLY: 1, STATE: 2 }, received: {} },
      next: [
        {
          what: 'enter PARTNER-DOWN by itself',
          section: '§8.9.2',
          at_iso: '2026-11-21T04:00:00.000Z',
          in_seconds: 7000,
        },
        {
          what: 'NORMAL follows when the partner is back',
          section: '§8.9.2',
          at_iso: null,
          in_seconds: null,
        },
      ],
      pools: [
        { kind: 'address', range: '2001:db8:1::10 - 2001:db8:1::1f', size: 16, leases: { ACTIVE: 4 } },
        {
          kind: 'prefix',
          range: '2001:db8:8000::/48 in /56',
          size: 256,
          leases: { ACTIVE: 1, 'FREE-BACKUP': 128 },
        },
      ],
      history: [
        {
          time_iso: '2026-11-21T00:00:00.000Z',
          kind: 'transition',
          text: 'NORMAL to COMMUNICATIONS-INTERRUPTED: the partner disconnected: \u001b[2J (status 1)',
          section: '§8.8.2',
        },
      ],
    },
  ],
};

test('status', () => {
  expect(statusLines(STATUS).join('\n')).toBe(
    `leasetap 0.1.0, DUID 000300010200, up 2 h
listening: failover on [::]:647, dhcpv6 on [::]:547
clients: answered 2 ADVERTISE, 5 REPLY
  not answered: 1 not through a relay

campus: secondary, COMMUNICATIONS-INTERRUPTED since 2026-11-21 00:00:00, responsive
  partner 2001:db8::1: NORMAL since 2026-11-20 23:53:20, communications interrupted, its clock -1.3 s
  NO CONNECTION: TLS: \\x1b[2J (3 times since 2026-11-21 00:00:00)
  sent: 1 CONNECTREPLY, 2 STATE
  updates: 3 to be acknowledged, 0 under way
  in 116 min enter PARTNER-DOWN by itself (RFC 8156 §8.9.2)
  then       NORMAL follows when the partner is back (RFC 8156 §8.9.2)
  pool 2001:db8:1::10 - 2001:db8:1::1f: 16 addresses: 4 ACTIVE, 12 never leased
  pool 2001:db8:8000::/48 in /56: 256 prefixes: 1 ACTIVE, 128 FREE-BACKUP, 127 never leased
  2026-11-21 00:00:00 transition: NORMAL to COMMUNICATIONS-INTERRUPTED: the partner disconnected: \\x1b[2J (status 1) (§8.8.2)`,
  );
});

test('leases', () => {
  const lease: LeaseStatus = {
    relationship: 'campus',
    resource: '2001:db8:1::10',
    kind: 'address',
    binding_status: 'ACTIVE',
    client: '00030001020000000001',
    ia: 'IA_NA',
    iaid: 1,
    valid_lifetime: 7200,
    start_time_of_state: 848_534_400,
    start_time_of_state_iso: '2026-11-21T00:00:00Z',
    state_expiration_time: 848_541_600,
    state_expiration_time_iso: '2026-11-21T02:00:00Z',
    expiration_time: null,
    acked_partner_lifetime: null,
    partner_lifetime: null,
    client_last_transaction_time: null,
    partner_raw_clt_time: null,
    update_needed: true,
    rejected_with: 17,
  };
  const free = { ...lease, binding_status: 'FREE', client: null, state_expiration_time_iso: null };
  expect([
    leaseHeading,
    leaseLine(lease),
    leaseLine({ ...free, update_needed: false, rejected_with: null }),
  ]).toEqual([
    'LEASE                        STATUS       UNTIL (UTC)         ACKED CLIENT',
    '2001:db8:1::10               ACTIVE       2026-11-21 02:00:00 no    00030001020000000001 IA_NA 1 (rejected with status 17)',
    '2001:db8:1::10               FREE         -                   yes   -',
  ]);
});
