/**
 * Clients through the whole of a primary in memory: relayed SOLICIT, ADVERTISE, REQUEST, REPLY, the lease stored (at
 * once, no disk), the partner told by BNDUPD and its BNDREPLY taken in; then RENEW. No sockets.
 */
import { parseIpv6, parsePrefix } from '../dist/base/ipv6.js';
import { DEFAULTS } from '../dist/failover/config.js';
import { Endpoint } from '../dist/failover/endpoint.js';
import { Dhcpv6Service } from '../dist/server/service.js';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../dist/wire/dhcpv6.js';

const CLIENTS = 30_000;
const START = 1_767_225_600_000;
const LINK = parseIpv6('2001:db8:1::1');
const SERVER = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1);
const POOLS = [
  { kind: 'address', first: parseIpv6('2001:db8:1::1:0'), last: parseIpv6('2001:db8:1::4:ffff') },
];

class Pair {
  now = START;
  replies = 0;
  ends = ['primary', 'secondary'].map(
    (role) => new Endpoint({ ...DEFAULTS, role, pools: POOLS, startupSeconds: 1 }, { leases: [] }, START),
  );
  inboxes = [[], []];

  constructor() {
    for (let second = 0; second < 120 && this.ends.some(({ state }) => state !== 'NORMAL'); second++) {
      this.now += 1000;
      this.feed(0, { kind: 'tick' });
      this.feed(1, { kind: 'tick' });
      this.settle();
    }
    if (this.ends.some(({ state }) => state !== 'NORMAL')) throw new Error('the pair is not NORMAL');
  }

  feed(side, input) {
    const work = [input];
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      for (const output of this.ends[side].handle(next, this.now)) {
        if (output.kind === 'persist') work.push({ kind: 'stored', token: output.token });
        else if (output.kind === 'send') this.inboxes[1 - side].push(output.bytes);
        else if (output.kind === 'reply') this.replies++;
        else if (output.kind === 'connect') this.connecting = true;
      }
    }
  }

  settle() {
    for (;;) {
      if (this.connecting) {
        this.connecting = false;
        this.feed(1, { kind: 'connected' });
        this.feed(0, { kind: 'connected' });
      }
      const side = this.inboxes[0].length > 0 ? 0 : 1;
      const bytes = this.inboxes[side].shift();
      if (bytes === undefined) return;
      this.feed(side, { kind: 'bytes', bytes });
    }
  }
}

function clients() {
  return Array.from({ length: CLIENTS }, (_, index) => {
    const duid = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, index >> 16, index >> 8, index);
    const ask = (type, more) =>
      encodeDhcpv6Message({
        type: 'RELAY-FORW',
        hopCount: 0,
        linkAddress: LINK,
        peerAddress: LINK,
        message: {
          type,
          transactionId: index,
          clientId: duid,
          elapsedTime: 0,
          ias: [more.ia],
          ...more.server,
        },
      });
    const ia = { kind: 'IA_NA', iaid: 1, t1: 0, t2: 0, leases: [] };
    return { solicit: ask('SOLICIT', { ia }), ask, ia };
  });
}

export function run() {
  const pair = new Pair();
  const link = {
    prefix: parsePrefix('2001:db8:1::/64'),
    relationship: 0,
    addressPools: [0],
    prefixPools: [],
    preferredLifetimeSeconds: 3600,
    validLifetimeSeconds: 7200,
  };
  const config = {
    serverId: SERVER,
    preference: 0,
    rapidCommit: false,
    links: [link],
    dnsServers: [],
    domainList: [],
  };
  const service = new Dhcpv6Service(config, () => pair.ends[0].clients);
  const arrival = { source: LINK };
  const server = { serverId: SERVER };

  const serve = (datagram) => {
    const result = service.handle(datagram, arrival, pair.now);
    if (result.kind === 'none') throw new Error(result.why);
    if (result.changes.length === 0) return result;
    pair.feed(0, { kind: 'client', changes: result.changes, reply: result.bytes });
    pair.settle();
    return result;
  };
  const all = clients();
  const fourWays = rate(CLIENTS, (index) => {
    const client = all[index];
    serve(client.solicit);
    const { message } = decodeDhcpv6Message(serve(client.ask('REQUEST', { ia: client.ia, server })).bytes);
    client.ia = message.message.ias[0];
  });
  if (pair.replies !== CLIENTS) throw new Error(`${pair.replies} replies`);
  pair.now += 1800_000;
  const renewals = rate(CLIENTS, (index) => serve(all[index].ask('RENEW', { ia: all[index].ia, server })));
  return [
    { what: 'four-way exchanges with the partner told', perSecond: fourWays },
    { what: 'renewals with the partner told', perSecond: renewals },
    { what: 'BNDUPD and BNDREPLY after a reconnection', perSecond: catchUp(pair, serve, all, server) },
  ];
}

/** Everybody renews while the partner is away; it comes back and is told of each. */
function catchUp(pair, serve, all, server) {
  pair.feed(0, { kind: 'closed', why: 'bench' });
  pair.feed(1, { kind: 'closed', why: 'bench' });
  pair.connecting = false;
  pair.now += 1000;
  for (const client of all) serve(client.ask('RENEW', { ia: client.ia, server }));
  pair.now += 10_000;
  const begun = performance.now();
  pair.connecting = true;
  pair.settle();
  for (let second = 0; second < 60 && pair.ends.some(({ state }) => state !== 'NORMAL'); second++) {
    pair.now += 1000;
    pair.feed(0, { kind: 'tick' });
    pair.feed(1, { kind: 'tick' });
    pair.settle();
  }
  const seconds = (performance.now() - begun) / 1000;
  const left = pair.ends[0].explain().updatesNeeded;
  if (left > 0) throw new Error(`${left} updates were not told`);
  return all.length / seconds;
}

function rate(count, once) {
  const begun = performance.now();
  for (let index = 0; index < count; index++) once(index);
  return (count * 1000) / (performance.now() - begun);
}
