/**
 * Goal: the simulator can find things. Each of these deliberate bugs is put into a copy of the built engine, and has to
 * be found within a bounded number of seeds by the invariant that is there for it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type * as PlanModule from '../../src/sim/plan.ts';
import type * as WorldModule from '../../src/sim/world.ts';
import { isBuilt, type Mutation, makeMutant, removeMutant } from '../support/mutant.ts';

const SEEDS = 60;

interface Bug extends Mutation {
  readonly bug: string;
  /** Part of the name of the invariant that must break. */
  readonly breaks: RegExp;
}

const BUGS: readonly Bug[] = [
  {
    bug: 'messages leave before what they depend on is stored',
    file: 'failover/outbox.js',
    from: 'this.messages.put(message, this.token())',
    to: 'this.messages.put(message, 0)',
    breaks: /stored before/,
  },
  {
    bug: 'clients are answered before their leases are stored',
    file: 'failover/outbox.js',
    from: 'this.replies.put(reply, this.token())',
    to: 'this.replies.put(reply, 0)',
    breaks: /stored before told/,
  },
  {
    bug: 'an accepted update is not stored',
    file: 'failover/leases.js',
    from: 'const accepted = this.store(slot, lease);',
    to: 'const accepted = bindings.put(lease, context.now);',
    breaks: /stored before acknowledged/,
  },
  {
    bug: 'the MCLT is added twice',
    file: 'failover/lifetime.js',
    from: 'remainder + mclt',
    to: 'remainder + 2 * mclt',
    breaks: /fundamental relationship/,
  },
  {
    bug: 'a lease of which nothing was acknowledged gets the MCLT twice',
    file: 'failover/lifetime.js',
    from: 'return Math.min(wanted, remainder + mclt);',
    to: 'return Math.min(wanted, ackedPartnerLifetime === undefined ? 2 * mclt : remainder + mclt);',
    breaks: /fundamental relationship/,
  },
  {
    bug: 'FREE-BACKUP prefixes are given by the primary',
    file: 'failover/allocation.js',
    from: "lease?.status === 'FREE-BACKUP' ? 'secondary' : 'primary'",
    to: 'situation.role',
    breaks: /own pool only/,
  },
  {
    bug: 'addresses are given whatever their low-order bit',
    file: 'failover/allocation.js',
    from: 'ownerOfAddress(resource.address) === situation.role',
    to: "resource.kind === 'address'",
    breaks: /own pool only/,
  },
  {
    bug: 'a lease goes to another client before the partner knows that it ended',
    file: 'failover/allocation.js',
    from: "if (situation.state !== 'PARTNER-DOWN' || situation.partnerDownTime === undefined)\n        return false;",
    to: 'return true;',
    breaks: /own pool only|no two clients/,
  },
  {
    bug: 'a lease goes to another client in PARTNER-DOWN as soon as it ends, without the MCLT',
    file: 'failover/allocation.js',
    from: 'addSeconds(latest, situation.mclt)',
    to: 'latest',
    breaks: /no two clients/,
  },
  {
    bug: 'the partner’s prefixes are used at once in PARTNER-DOWN',
    file: 'failover/allocation.js',
    from: 'isAfter(toEpoch2000(now), addSeconds(partnerDownTime, mclt))',
    to: 'mclt > 0',
    breaks: /own pool only/,
  },
  {
    bug: 'the window is off by one',
    file: 'failover/leases.js',
    from: 'queue.unackedCount < window',
    to: 'queue.unackedCount <= window',
    breaks: /window/,
  },
  {
    bug: 'UPDDONE does not wait for BNDREPLYs',
    file: 'failover/update-queue.js',
    from: '|| request.unacked.size > 0',
    to: '',
    breaks: /UPDDONE/,
  },
  {
    bug: 'transaction-ids come round too early',
    file: 'failover/update-queue.js',
    from: 'while (this.unacked[placeOf(this.lastId)] !== undefined || this.lastId === this.askedWith);',
    to: 'while (false); this.lastId %= 4;',
    breaks: /transaction-ids/,
  },
  {
    bug: 'a server that lost its disk asks with UPDREQ',
    file: 'failover/endpoint.js',
    from: "all ? 'UPDREQALL' : 'UPDREQ'",
    to: "'UPDREQ'",
    breaks: /equal bindings|no two clients/,
  },
  {
    bug: 'unacknowledged updates are not sent again',
    file: 'failover/update-queue.js',
    from: 'if (!onTheirWay.has(slot))',
    to: 'if (false)',
    breaks: /equal bindings|becomes free/,
  },
  {
    bug: 'clients are served in RECOVER',
    file: 'failover/client-view.js',
    from: "case 'RECOVER-DONE':",
    to: "case 'RECOVER': case 'RECOVER-WAIT': return 'responsive'; case 'RECOVER-DONE':",
    breaks: /unresponsive/,
  },
  {
    bug: 'RECOVER goes to NORMAL as soon as the partner is there',
    file: 'failover/machine.js',
    from: "'recover-wait-over': { ...STAYS, 'RECOVER-WAIT': to('RECOVER-DONE', '§8.6.2') }",
    to: "'recover-wait-over': { ...STAYS, 'RECOVER-WAIT': to('NORMAL', '§8.6.2') }",
    breaks: /illegal transition/,
  },
  {
    bug: 'footnote (1) of figure 4 is skipped',
    file: 'failover/conflict.js',
    from: 'known.stateExpirationTime !== undefined && isClearlyAfter(now, known.stateExpirationTime)',
    to: 'true',
    breaks: /becomes free/,
  },
  {
    bug: 'what was acknowledged for a client counts for the next one',
    file: 'failover/leases.js',
    from: 'told.ackedPartnerLifetime = undefined;',
    to: '',
    and: {
      from: "known !== undefined && same === known && known.status !== 'FREE' && known.status !== 'FREE-BACKUP'",
      to: 'known !== undefined',
    },
    breaks: /fundamental relationship/,
  },
  {
    bug: 'RECOVER-WAIT does not wait for the MCLT',
    file: 'failover/states.js',
    from: 'this.record.timeOfFailure ?? this.startedAt, this.record.mclt)',
    to: 'this.record.timeOfFailure ?? this.startedAt, 0)',
    breaks: /RECOVER-WAIT/,
  },
  {
    bug: 'an UPDREQ of the connection before counts as outstanding',
    file: 'failover/update-queue.js',
    from: 'this.request = undefined;\n        this.askedWith = undefined;',
    to: 'this.request = undefined;',
    breaks: /equal bindings/,
  },
  {
    bug: 'an UPDREQ is answered without what is unacknowledged',
    file: 'failover/update-queue.js',
    from: 'if (everything === undefined)',
    to: 'if (false)',
    breaks: /UPDDONE after all/,
  },
  {
    bug: 'the COMMUNICATED flag is never set',
    file: 'failover/states.js',
    from: 'record.communicated ? SERVER_FLAGS.COMMUNICATED : 0',
    to: '0',
    breaks: /equal bindings|becomes free|no two clients|RECOVER-WAIT/,
  },
  {
    bug: 'the secondary goes by an MCLT of its own',
    file: 'failover/states.js',
    from: 'if (mclt === this.record.mclt)',
    to: 'if (mclt > 0)',
    breaks: /fundamental relationship/,
  },
  {
    bug: 'as much is sent as this server takes, not as the partner takes',
    file: 'failover/endpoint.js',
    from: 'agreement.maxUnackedBndupd',
    to: 'this.config.maxUnackedBndupd',
    breaks: /window/,
  },
  {
    bug: 'a connection goes to whichever relationship comes first',
    file: 'failover/acceptor.js',
    from: 'name !== undefined && name === relationshipName',
    to: 'name !== undefined',
    breaks: /a connection belongs/,
  },
];

describe.runIf(isBuilt)('deliberate bugs', () => {
  for (const [index, bug] of BUGS.entries()) {
    it(`finds: ${bug.bug}`, { timeout: 300_000 }, async () => {
      const name = `bug-${index}`;
      const folder = makeMutant(name, bug);
      onTestFinished(() => removeMutant(name));
      const { run } = (await import(pathToFileURL(join(folder, 'sim/world.js')).href)) as typeof WorldModule;
      const { planOf } = (await import(pathToFileURL(join(folder, 'sim/plan.js')).href)) as typeof PlanModule;
      let found: string | undefined;
      for (let seed = 1; seed <= SEEDS && found === undefined; seed++) {
        found = run(planOf({ seed, seconds: 6 * 3600, clients: 12, marked: false })).violation?.invariant;
      }
      expect(found).toMatch(bug.breaks);
    });
  }
});
