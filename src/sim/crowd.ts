/**
 * Many DHCPv6 clients behind one relay agent that come, stay and go, so that leases move: sans-IO. Times are milliseconds
 * of one clock. What a client does is in client.ts. The lab gives them a socket, a simulated scenario a network.
 */
import { equalBytes, readU16 } from '../base/bytes.ts';
import { type Random, seededRandom } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { type ClientInput, type ClientOutput, Dhcpv6Client } from './client.ts';
import type { HeldLease } from './client-leases.ts';
import { type RelayAgent, relayForward, relayReply } from './relay.ts';

export interface CrowdOptions {
  readonly count: number;
  readonly seed: number;
  /** Address by which servers know the clients' link; 16 octets. */
  readonly linkAddress: Uint8Array;
  /** Clients begin spread over so many seconds. */
  readonly arrivalSeconds: number;
  /** Mean time until a client leaves, seconds; half of them release, half just go. 0: they stay. */
  readonly staySeconds: number;
  /** Mean time until it comes back, seconds. */
  readonly awaySeconds: number;
}

/** `send`: a RELAY-FORW for all servers. The rest is what client number `client` tells. */
export type CrowdOutput = { readonly kind: 'send'; readonly bytes: Uint8Array } | CrowdEvent;

export type CrowdEvent = Exclude<ClientOutput, { kind: 'send' }> & { readonly client: number };

export const CROWD_MAX = 0xffff;

interface Member {
  readonly client: Dhcpv6Client;
  readonly random: Random;
  /** Link-local; its last two octets are the index. */
  readonly address: Uint8Array;
  /** When it comes or goes next, and which. */
  life: { readonly at: number; readonly what: 'arrive' | 'leave' } | undefined;
}

export class Crowd {
  private readonly options: CrowdOptions;
  private readonly agent: RelayAgent;
  private readonly members: readonly Member[];

  constructor(options: CrowdOptions) {
    invariant(options.count <= CROWD_MAX, 'clients are numbered in 16 bits');
    const { linkAddress, count, seed } = options;
    this.options = options;
    this.agent = { linkAddress, interfaceId: new TextEncoder().encode('lab'), ownPort: true };
    this.members = Array.from({ length: count }, (_, index) => member(index, seed));
  }

  /** They are about to arrive. */
  start(now: number): void {
    const { arrivalSeconds } = this.options;
    for (const each of this.members)
      each.life = { at: now + each.random.fraction() * arrivalSeconds * 1000, what: 'arrive' };
  }

  /** A datagram for the relay agent; `undefined` if it is none of a client here. */
  receive(datagram: Uint8Array, now: number): CrowdOutput[] | undefined {
    const reply = relayReply(datagram);
    const each = reply === undefined ? undefined : this.members[readU16(reply.peer, 14)];
    if (reply === undefined || each === undefined || !equalBytes(each.address, reply.peer)) return undefined;
    return this.give(each, { kind: 'datagram', bytes: reply.datagram }, now);
  }

  /** When to `tick` next. */
  deadline(): number | undefined {
    let earliest = Number.POSITIVE_INFINITY;
    for (const each of this.members) earliest = Math.min(earliest, dueAt(each));
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  tick(now: number): CrowdOutput[] {
    return this.members.flatMap((each) => (dueAt(each) <= now ? this.wake(each, now) : []));
  }

  duidOf(client: number): Uint8Array {
    return (this.members[client] as Member).client.config.duid;
  }

  /** What each client believes it holds. */
  held(now: number): { readonly duid: Uint8Array; readonly leases: readonly HeldLease[] }[] {
    return this.members.map(({ client }) => ({ duid: client.config.duid, leases: client.held(now) }));
  }

  private wake(each: Member, now: number): CrowdOutput[] {
    if (each.life === undefined || each.life.at > now) return this.give(each, { kind: 'tick' }, now);
    const { staySeconds, awaySeconds } = this.options;
    const leaving = each.life.what === 'leave';
    const mean = leaving ? awaySeconds : staySeconds;
    const at = now - Math.log(1 - each.random.fraction()) * mean * 1000;
    each.life = mean === 0 ? undefined : { at, what: leaving ? 'arrive' : 'leave' };
    if (!leaving) return this.give(each, { kind: 'start' }, now);
    return this.give(each, { kind: each.random.fraction() < 0.5 ? 'release' : 'power-off' }, now);
  }

  private give(each: Member, input: ClientInput, now: number): CrowdOutput[] {
    return each.client.handle(input, now).flatMap((output): CrowdOutput[] => {
      if (output.kind !== 'send') return [{ ...output, client: readU16(each.address, 14) }];
      const bytes = relayForward(this.agent, each.address, output.bytes);
      return bytes === undefined ? [] : [{ kind: 'send', bytes }];
    });
  }
}

function dueAt({ client, life }: Member): number {
  return Math.min(client.deadline() ?? Number.POSITIVE_INFINITY, life?.at ?? Number.POSITIVE_INFINITY);
}

/** DUID-LL of a locally administered address (RFC 8415 §11.4), made from the number of the client. */
function member(index: number, seed: number): Member {
  const high = index >> 8;
  const low = index & 0xff;
  const random = seededRandom(seed + index);
  const config = {
    duid: Uint8Array.of(0, 3, 0, 1, 2, 0, 0x5e, 0, high, low),
    ias: [
      { kind: 'IA_NA', iaid: 1 },
      { kind: 'IA_PD', iaid: 1 },
    ] as const,
    rapidCommit: false,
  };
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xff, 0xfe, 0, high, low);
  return { client: new Dhcpv6Client(config, random), random, address, life: undefined };
}
