/**
 * Leases between the built server, a partner of another vendor and clients, all with octets of their own: what a BNDUPD may
 * lack, whose word counts (figure 4), and the times of §4.4 and figure 5, worked out by hand.
 */
import { describe, expect, test } from 'vitest';
import {
  address,
  DECLINE,
  duid,
  iaNa,
  iaPd,
  REBIND,
  RELEASE,
  RENEW,
  REQUEST,
  SOLICIT,
  StrangeClient,
} from '../support/strange-client.ts';
import { find, type In, ip, number, type Out, text, u8, u32 } from '../support/strange-octets.ts';
import {
  accepting,
  BNDREPLY,
  BNDUPD,
  type StrangePartner,
  UPDDONE,
  UPDREQ,
  UPDREQALL,
} from '../support/strange-partner.ts';
import { mclt, type Role, SERVER_DUID, StrangeServer } from '../support/strange-server.ts';

const PATIENCE = { timeout: 60_000 };

/** RFC 8156 §5.5.1. */
const STATUS = {
  ACTIVE: 1,
  EXPIRED: 2,
  RELEASED: 3,
  FREE: 5,
  FREE_BACKUP: 6,
  ABANDONED: 7,
  RESET: 8,
} as const;

/** A server that is NORMAL with its partner. */
async function normal(role: Role): Promise<{ server: StrangeServer; partner: StrangePartner }> {
  const server = await StrangeServer.start(role);
  const partner = await server.connect();
  if (role === 'primary') {
    partner.state('RECOVER', 0);
    await partner.tells('PARTNER-DOWN');
    partner.say(UPDREQ, []);
    await partner.next(UPDDONE);
    partner.state('RECOVER-DONE');
    await partner.tells('NORMAL');
    partner.state('NORMAL');
    return { server, partner };
  }
  // With a short MCLT it need not wait in RECOVER-WAIT for long; the next connection brings the right one.
  partner.close();
  const first = await server.connect(mclt(1));
  first.state('PARTNER-DOWN', 1, first.now - 100, [[125, u32(first.now - 100)]]);
  const { xid } = await first.next(UPDREQALL);
  first.say(UPDDONE, [], xid);
  await first.tells('RECOVER-DONE', 10_000);
  first.state('NORMAL');
  await first.tells('NORMAL');
  first.close();
  const second = await server.connect();
  second.state('NORMAL');
  await second.tells('NORMAL');
  return { server, partner: second };
}

interface Told {
  readonly at: string;
  readonly status?: number;
  /** Seconds from now; the last transaction is as many seconds before the base time. */
  readonly start?: number;
  readonly clt?: number;
  readonly until?: number;
  readonly partner?: number;
  readonly expiration?: number;
  readonly raw?: number;
  readonly without?: number;
  readonly more?: readonly Out[];
}

/** The options of a lease in the order of §7.4; an option that is `without` is left out. */
function leaseOptions(now: number, told: Told): readonly Out[] {
  const { status = STATUS.ACTIVE, start = 0, clt, partner, expiration, raw } = told;
  const until = told.until ?? (status === STATUS.ACTIVE ? 200 : undefined);
  const options: Out[] = [
    [114, u8(status)],
    [133, u32(now + start)],
  ];
  if (until !== undefined) options.push([134, u32(now + until)]);
  if (clt !== undefined) options.push([46, u32(clt)]);
  if (until !== undefined) options.push([123, u32(now + (partner ?? until + 100))]);
  if (raw !== undefined) options.push([126, u32(now + raw)]);
  if (until !== undefined) options.push([120, u32(expiration === undefined ? 0 : now + expiration)]);
  return [...options.filter(([code]) => code !== told.without), ...(told.more ?? [])];
}

const iaddr = (now: number, told: Told): Out => [
  5,
  ip(told.at),
  u32(100),
  u32(200),
  ...leaseOptions(now, told),
];
function iaprefix(now: number, told: Told): Out {
  const [prefix = '', length] = told.at.split('/');
  return [26, u32(100), u32(200), u8(Number(length)), ip(prefix), ...leaseOptions(now, told)];
}
const ofClient = (now: number, client: Buffer, ...rest: readonly Out[]): Out => [
  45,
  [1, client],
  [100, u32(now)],
  ...rest,
];
const one = (now: number, told: Told, client = duid(1)): Out =>
  ofClient(now, client, iaNa(1, iaddr(now, told)));

/** `accepted`, or where a BNDREPLY says which status-code: `45/3/5=17`. */
function verdict(options: readonly In[], path = ''): string {
  const said = options.flatMap(({ code, fixed, inner }): string[] => {
    if (code === 13) return fixed.readUInt16BE(0) === 0 ? [] : [`${path}=${fixed.readUInt16BE(0)}`];
    const below = verdict(inner, path === '' ? `${code}` : `${path}/${code}`);
    return below === 'accepted' ? [] : [below];
  });
  return said.length === 0 ? 'accepted' : said.join(' ');
}

async function tell(partner: StrangePartner, ...options: readonly Out[]): Promise<string> {
  const xid = partner.say(BNDUPD, options);
  const reply = await partner.until(
    (message) => message.type === BNDREPLY && message.xid === xid,
    'BNDREPLY',
  );
  return verdict(reply.options);
}

/** Each on an address of its own: what an update has or lacks, and what the server makes of it (§7.4 to §7.6). */
const UPDATES: readonly (readonly [
  what: string,
  make: (now: number, at: string) => readonly Out[],
  verdict: string,
])[] = [
  ['all of §7.4', (now, at) => [one(now, { at, clt: 0, raw: -10 })], 'accepted'],
  ['no time of the client', (now, at) => [one(now, { at })], 'accepted'],
  ['no client', (now, at) => [[45, [100, u32(now)], iaNa(1, iaddr(now, { at }))]], '45=18'],
  ['no base time', (now, at) => [[45, [1, duid(1)], iaNa(1, iaddr(now, { at, clt: 0 }))]], '45/3/5=18'],
  ['no IA', (now) => [ofClient(now, duid(1))], '45=18'],
  ['no lease', (now) => [ofClient(now, duid(1), iaNa(1))], '45=18'],
  ['no binding-status', (now, at) => [one(now, { at, without: 114 })], '45/3/5=18'],
  ['no start time', (now, at) => [one(now, { at, without: 133 })], '45/3/5=18'],
  ['no end of ACTIVE', (now, at) => [one(now, { at, without: 134 })], '45/3/5=18'],
  ['a binding-status of 0', (now, at) => [one(now, { at, status: 0 })], '45/3/5=18'],
  ['a binding-status of 9', (now, at) => [one(now, { at, status: 9 })], '45/3/5=18'],
  ['an address of no pool', (now) => [one(now, { at: '2001:db8:99::1' })], '45/3/5=17'],
  [
    'a prefix of no pool',
    (now) => [ofClient(now, duid(1), iaPd(1, iaprefix(now, { at: '2001:db8:9000::/64' })))],
    '45/25/26=17',
  ],
  [
    'a prefix in an IA_NA',
    (now) => [ofClient(now, duid(1), iaNa(1, iaprefix(now, { at: '2001:db8:8000:6::/64' })))],
    '45/3/26=1',
  ],
  [
    'a prefix of another length',
    (now) => [ofClient(now, duid(1), iaPd(1, iaprefix(now, { at: '2001:db8:8000:4::/62' })))],
    '45/25/26=17',
  ],
  [
    'another VPN',
    (now, at) => [[45, [1, duid(1)], [100, u32(now)], [68, u8(0), text('red')], iaNa(1, iaddr(now, { at }))]],
    '45=17',
  ],
  ['DNS to be removed', (now, at) => [one(now, { at, more: [[116]] })], '45/3/5=21'],
  [
    'options that are not defined',
    (now, at) => [one(now, { at, more: [[9998, u8(1)]] }), [9999, u8(1)]],
    'accepted',
  ],
  [
    'an IA_PD beside two addresses, of which one is foreign',
    (now, at) => [
      ofClient(
        now,
        duid(1),
        iaNa(1, iaddr(now, { at }), iaddr(now, { at: '2001:db8:99::1' })),
        iaPd(1, iaprefix(now, { at: '2001:db8:8000:5::/64' })),
      ),
    ],
    '45/3/5=17',
  ],
  [
    'a prefix without client, given to the secondary',
    (now) => [
      iaprefix(now, { at: '2001:db8:8000:7::/64', status: STATUS.FREE_BACKUP, more: [[100, u32(now)]] }),
    ],
    'accepted',
  ],
  [
    'an ACTIVE prefix without client',
    (now) => [iaprefix(now, { at: '2001:db8:8000:8::/64', more: [[100, u32(now)]] })],
    '26=18',
  ],
  ['nothing', () => [], '=18'],
];

/** `held`, `received` with the client's word at `clt`, and the answer of a primary and of a secondary. The lease is 100 s old. */
const CONFLICTS: readonly (readonly [
  held: Told,
  received: Told & { client?: number },
  primary: string,
  secondary?: string,
])[] = [
  [{ at: '', clt: 100 }, { at: '', clt: 20 }, 'accepted'],
  [{ at: '', clt: 100 }, { at: '', clt: 160 }, 'accepted'],
  // accept(3): another client is believed if it is clearly later, or if we are the secondary.
  [{ at: '', clt: 100 }, { at: '', clt: 20, client: 2 }, 'accepted'],
  [{ at: '', clt: 100 }, { at: '', clt: 160, client: 2 }, '45/3/5=16', 'accepted'],
  // time(1): over by our own clock?
  [{ at: '', clt: 100, until: 50 }, { at: '', status: STATUS.EXPIRED, clt: 20 }, '45/3/5=19'],
  [{ at: '', clt: 100, until: -50 }, { at: '', status: STATUS.EXPIRED, clt: 100 }, 'accepted'],
  [{ at: '', clt: 100, until: 50 }, { at: '', status: STATUS.FREE, clt: 20 }, '45/3/5=19'],
  [{ at: '', clt: 100, until: 50 }, { at: '', status: STATUS.FREE_BACKUP, clt: 20 }, '45/3/5=19'],
  [{ at: '', clt: 100 }, { at: '', status: STATUS.RELEASED, clt: 20 }, 'accepted'],
  [{ at: '', clt: 100 }, { at: '', status: STATUS.RELEASED, clt: 160 }, '45/3/5=19'],
  // RELEASED goes by the client's time alone, ABANDONED by the later of the two.
  [{ at: '', clt: 100 }, { at: '', status: STATUS.RELEASED, clt: 160, start: -10 }, '45/3/5=19'],
  [{ at: '', clt: 100 }, { at: '', status: STATUS.ABANDONED, clt: 160, start: -10 }, 'accepted'],
  [{ at: '', clt: 100 }, { at: '', status: STATUS.ABANDONED, clt: 160, start: -160 }, '45/3/5=19'],
  [{ at: '', clt: 100 }, { at: '', status: STATUS.RESET, clt: 160, start: -10 }, 'accepted'],
  [{ at: '', clt: 100, status: STATUS.FREE }, { at: '', clt: 20, client: 2 }, 'accepted'],
  [{ at: '', clt: 100, status: STATUS.FREE }, { at: '', clt: 160, client: 2 }, '45/3/5=19'],
  [{ at: '', clt: 100, status: STATUS.ABANDONED }, { at: '', clt: 20 }, 'accepted'],
  [{ at: '', clt: 100, status: STATUS.ABANDONED }, { at: '', clt: 160 }, '45/3/5=19'],
];

describe.each(['primary', 'secondary'] as const)('a %s', (role) => {
  test('takes what is whole and its own, and says what is wrong where it is', PATIENCE, async () => {
    const { partner } = await normal(role);
    let host = 0x1001;
    for (const [what, make, expected] of UPDATES)
      expect([
        what,
        await tell(partner, ...make(partner.now, `2001:db8:1::${(host++).toString(16)}`)),
      ]).toEqual([what, expected]);
    for (const [held, { client = 1, ...received }, atPrimary, atSecondary = atPrimary] of CONFLICTS) {
      const at = `2001:db8:1::${(host++).toString(16)}`;
      const what = JSON.stringify([held, received, client]);
      const now = partner.now;
      expect([what, await tell(partner, one(now, { start: -100, ...held, at }))]).toEqual([what, 'accepted']);
      const answer = await tell(
        partner,
        one(now, { start: -(received.clt ?? 0), ...received, at }, duid(client)),
      );
      expect([what, answer]).toEqual([what, role === 'primary' ? atPrimary : atSecondary]);
    }
  });

  test(
    'tells a lease again with every time in its place (figure 5), also what it only heard of',
    PATIENCE,
    async () => {
      const { server, partner } = await normal(role);
      const now = partner.now;
      const at = '2001:db8:1::1001';
      expect(
        await tell(
          partner,
          one(now - 5, { at, start: -20, clt: 10, until: 200, partner: 300, expiration: 50, raw: -500 }),
        ),
      ).toBe('accepted');
      const ours = now - 5;
      partner.say(UPDREQALL, []);
      const before = await partner.next(BNDUPD);
      const base = number(before.options, 45, 100) ?? 0;
      const lease = find(before.options, 45, 3, 5)?.inner ?? [];
      expect(number(lease, 114)).toBe(STATUS.ACTIVE);
      expect(number(lease, 133)).toBe(ours - 20);
      expect(number(lease, 134)).toBe(ours + 200);
      expect(base - (number(lease, 46) ?? 0)).toBe(ours - 500);
      expect(number(lease, 126)).toBe(ours - 10);
      expect(number(lease, 120)).toBe(ours + 300);

      // Renewed here. The partner has just acknowledged that the lease lasts 195 s at least, so the client gets what is wanted.
      const client = await StrangeClient.open(1, server.clientPort);
      const renewal: readonly Out[] = [[2, SERVER_DUID[role]], iaNa(1, address(at))];
      await partner.hears(300);
      partner.answerUpdates = undefined;
      const first = await client.ask(RENEW, renewal);
      const asked = await partner.next(BNDUPD);
      expect(lifetime(first)).toBe(200);
      expect(number(asked.options, 45, 3, 5, 46)).toBeLessThanOrEqual(1);
      expect(number(asked.options, 45, 3, 5, 126)).toBe(ours - 10);
      expect(number(asked.options, 45, 3, 5, 120)).toBe(ours + 300);
    },
  );
});

/** The valid lifetime of the address in an answer. */
const lifetime = (answer: { options: readonly In[] } | undefined): number | undefined =>
  answer && find(answer.options, 3, 5)?.fixed.readUInt32BE(20);

test(
  'figure 1: the MCLT first, what was wanted once the partner knows, and a lease that is not free before it does',
  PATIENCE,
  async () => {
    const { server, partner } = await normal('primary');
    await partner.hears(200);
    partner.answerUpdates = undefined;
    const client = await StrangeClient.open(3, server.clientPort);
    client.relays = 2;
    const serverId: Out = [2, SERVER_DUID.primary];
    const offer = await client.ask(SOLICIT, [iaNa(1)]);
    expect([offer?.type, lifetime(offer)]).toEqual([2, 30]);
    const octets = find(offer?.options ?? [], 3, 5)?.fixed ?? Buffer.alloc(0);
    const lease: Out = [5, octets.subarray(0, 16), u32(0), u32(0)];
    // The primary's half of the pool is odd (§4.2.1.1).
    expect((octets[15] ?? 0) & 1).toBe(1);
    const got = await client.ask(REQUEST, [serverId, iaNa(1, lease)]);
    expect([got?.type, lifetime(got)]).toEqual([7, 30]);

    const update = await partner.next(BNDUPD);
    const base = number(update.options, 45, 100) ?? 0;
    expect(find(update.options, 45, 1)?.fixed).toEqual(client.duid);
    expect(number(update.options, 45, 3, 5, 134)).toBe(base + 30);
    expect(number(update.options, 45, 3, 5, 46)).toBe(0);
    expect(number(update.options, 45, 3, 5, 120)).toBe(0);
    // T1 of what the client got (half of 30 s), and what was wanted.
    expect(number(update.options, 45, 3, 5, 123)).toBe(base + 15 + 200);
    expect(find(update.options, 45, 3, 5, 126)).toBeUndefined();

    expect(lifetime(await client.ask(RENEW, [serverId, iaNa(1, lease)]))).toBe(30);
    const second = await partner.next(BNDUPD);
    for (const { options, xid } of [update, second])
      partner.say(BNDREPLY, accepting({ options, xid, type: BNDUPD, sent: 0 }), xid);
    await partner.hears(300);
    expect(lifetime(await client.ask(RENEW, [serverId, iaNa(1, lease)]))).toBe(200);
    const third = await partner.next(BNDUPD);

    // Given back: RELEASED until the partner says that it knows, whatever it says of what was before (§4.2.2.1).
    await client.ask(RELEASE, [serverId, iaNa(1, lease)]);
    const released = await partner.next(BNDUPD);
    expect(number(released.options, 45, 3, 5, 114)).toBe(STATUS.RELEASED);
    expect([123, 134, 120].filter((code) => find(released.options, 45, 3, 5, code) !== undefined)).toEqual(
      [],
    );
    const other = await StrangeClient.open(4, server.clientPort);
    const status = async (): Promise<string | undefined> => {
      for await (const { binding_status } of server.control.leases({ client: client.duid.toString('hex') }))
        return binding_status;
      return undefined;
    };
    partner.say(BNDREPLY, accepting(third), third.xid);
    await partner.hears(200);
    expect(await status()).toBe('RELEASED');
    expect(await other.ask(REBIND, [iaNa(1, lease)], 400).then(lifetime)).not.toBe(30);
    partner.say(BNDREPLY, accepting(released), released.xid);
    await partner.hears(200);
    expect(await status()).toBe('FREE');

    // Declined: nobody's any more, and the partner hears it.
    const again = await other.ask(REQUEST, [serverId, iaNa(1)]);
    const bad = find(again?.options ?? [], 3, 5)?.fixed.subarray(0, 16) ?? Buffer.alloc(0);
    await partner.next(BNDUPD);
    await other.ask(DECLINE, [serverId, iaNa(1, [5, bad, u32(0), u32(0)])]);
    expect(number((await partner.next(BNDUPD)).options, 45, 3, 5, 114)).toBe(STATUS.ABANDONED);
  },
);
