/**
 * The people who run the servers: they have processes stopped and started again, and say partner-down. What they do
 * rightly follows §8.4: one server in PARTNER-DOWN means that the other one must not operate.
 */

import type { EndpointConfig } from '../failover/config.ts';
import type { Bond } from './bond.ts';
import type { Coverage } from './coverage.ts';
import type { Fault } from './fault.ts';
import type { Holdings } from './holdings.ts';
import type { Party } from './party.ts';
import type { Schedule } from './schedule.ts';
import type { SimServer } from './server.ts';
import { mistaken } from './setup.ts';
import { otherRole } from './topology.ts';

/** Who waits for a partner looks again so often. */
const LOOK_AGAIN_MILLIS = 10_000;
/** A server may take so long to leave in order. */
const LEAVE_SECONDS = 10;

export interface OperatorsParts {
  readonly schedule: Schedule;
  readonly coverage: Coverage;
  readonly holdings: Holdings;
  readonly bonds: readonly Bond[];
  /** They make mistakes, and put in new disks where the old one was still needed. */
  readonly err: boolean;
  /** Whether all disks, clocks and networks work. */
  readonly calm: () => boolean;
}

export class Operators {
  private readonly parts: OperatorsParts;

  constructor(parts: OperatorsParts) {
    this.parts = parts;
  }

  /** A process dies and is started again later; its partners may be told meanwhile that it is down. */
  crash(server: SimServer, fault: Extract<Fault, { kind: 'crash' }>): void {
    if (!server.isUp) return;
    const { schedule } = this.parts;
    const spare = this.parts.err || server.parties.every((party) => this.hasSpare(party));
    this.stop(server, fault.silently);
    const { partnerDownAfterSeconds } = fault;
    if (partnerDownAfterSeconds !== undefined) {
      schedule.after(1000 * partnerDownAfterSeconds, () => {
        // Rightly: only while the partner is down.
        if (!server.isUp) for (const party of server.parties) this.partnerDown(this.partnerOf(party));
      });
    }
    schedule.after(1000 * fault.forSeconds, () => this.comeBack(server, fault.diskLost && spare));
  }

  shutDown(server: SimServer, forSeconds: number): void {
    server.shutDown();
    this.parts.schedule.after(1000 * (LEAVE_SECONDS + forSeconds), () => this.comeBack(server, false));
  }

  partnerDown(party: Party): void {
    party.feed({ kind: 'operator', command: { kind: 'partner-down' } });
  }

  /** Starts a server with a mistake in the configuration of one of its ends, and later without. */
  misconfigure(server: SimServer, party: Party, fault: Extract<Fault, { kind: 'misconfigured' }>): void {
    this.restart(server, party, mistaken(party.right, fault.what));
    this.parts.schedule.after(1000 * fault.forSeconds, () => {
      if (party.config !== party.right) this.restart(server, party, party.right);
    });
  }

  /** Sees to it that a server has the configuration that it should have. */
  correct(server: SimServer): void {
    for (const party of server.parties)
      if (party.config !== party.right) this.restart(server, party, party.right);
  }

  private restart(server: SimServer, party: Party, config: EndpointConfig): void {
    party.config = config;
    if (!server.isUp) return;
    this.stop(server, false);
    this.comeBack(server, false);
  }

  private stop(server: SimServer, silently: boolean): void {
    for (const party of server.parties) this.bondOf(party).network.died(party.role, silently);
    server.stop();
  }

  /** Starts a server again. Where its partner was told that it is down, operators see to it that the two can meet. */
  private comeBack(server: SimServer, diskLost: boolean): void {
    const { schedule, coverage, holdings, calm } = this.parts;
    if (server.isUp) return;
    if (!server.parties.every((party) => this.mayMeet(party))) {
      schedule.after(LOOK_AGAIN_MILLIS, () => this.comeBack(server, diskLost));
      return;
    }
    // One copy of everything has to be left. And a primary without memory and without partner begins as §8.2 says,
    // which is safe on a first day only.
    if (diskLost && calm() && server.parties.every((party) => this.partnerOf(party).isUp)) {
      for (const party of server.parties) this.bondOf(party).network.drops = [];
      server.disk.wipe();
      holdings.diskLost(server.name);
      coverage.saw('disk lost');
    }
    server.start();
  }

  /**
   * §8.4: while one server is in PARTNER-DOWN the other must not operate, so that one which does not know of it yet
   * stays off until it can hear of it. One that has lost its disk is not started alone either, as often as it takes:
   * it would begin as on the first day (§8.2).
   */
  private mayMeet(party: Party): boolean {
    const partner = this.partnerOf(party);
    const { partitioned, stalled, isDeadUnnoticed } = this.bondOf(party).network;
    const { now } = this.parts.schedule;
    // A CONNECT from a clock that is more than 5 seconds off is rejected (§6.1.2).
    const isRejected = [party, partner].some(({ server }) => server.clock.isWrong(now));
    const apart = partitioned || stalled || isDeadUnnoticed || isRejected;
    if (remembersNothing(party) && !remembersNothing(partner)) return partner.isUp && !apart;
    if (apart) return !wasTold(party) && !wasTold(partner);
    return partner.isUp || wasTold(party) || !wasTold(partner);
  }

  /** The partner has a copy of all that matters. */
  private hasSpare(party: Party): boolean {
    return party.state === 'NORMAL' && this.partnerOf(party).state === 'NORMAL';
  }

  private bondOf({ relationship }: Party): Bond {
    return this.parts.bonds[relationship] as Bond;
  }

  private partnerOf(party: Party): Party {
    return this.bondOf(party).ends[otherRole(party.role)];
  }
}

/** On its disk it has never met its partner. */
function remembersNothing({ server, relationship }: Party): boolean {
  return server.disk.volume(relationship).record?.communicated !== true;
}

/** It is in PARTNER-DOWN, if only on its disk; or not yet there, when it was told a moment ago. */
function wasTold({ server, relationship, state }: Party): boolean {
  return state === 'PARTNER-DOWN' || server.disk.volume(relationship).record?.state === 'PARTNER-DOWN';
}
