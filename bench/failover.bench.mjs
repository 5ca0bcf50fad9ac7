/**
 * The failover engine by itself: renewals told with BNDUPD and BNDREPLY through two endpoints in memory; and simulated
 * time against real time for a pair with 100 clients. By processor time, so that neighbours count less.
 */
import { planOf } from '../dist/sim/plan.js';
import { run as simulate } from '../dist/sim/world.js';
import { addressOf, Engines, holderOf, processorSeconds } from './engines.mjs';

const LEASES = 20_000;
const EXCHANGES = 300_000;
/** Renewals that arrive between two looks at the network. */
const BURST = 50;

/** A client's lease number `n`, renewed again and again. */
function renewal(n) {
  return [{ kind: 'bind', resource: addressOf(n), desiredLifetime: 86_400, holder: holderOf(n) }];
}

function exchangesPerSecond(together) {
  const pair = new Engines({ together });
  pair.start();
  const changes = Array.from({ length: LEASES }, (_, n) => renewal(n));
  const exchange = (count) => {
    for (let done = 0; done < count; done += BURST) {
      for (let n = done; n < done + BURST; n++) {
        pair.feed(pair.primary, { kind: 'client', reply: 0, changes: changes[n % LEASES] });
      }
      pair.settle();
      if (done % LEASES === 0) pair.now += 1000;
    }
  };
  exchange(3 * LEASES);
  const seconds = processorSeconds(() => exchange(EXCHANGES));
  const { updatesNeeded } = pair.primary.explain();
  if (updatesNeeded > 0) throw new Error(`${updatesNeeded} updates were not acknowledged`);
  return EXCHANGES / seconds;
}

function simulatedSecondsPerSecond() {
  const day = planOf({ seed: 1, seconds: 86_400, clients: 100, marked: false });
  const plan = { ...day, faults: [], mclt: 3600, validLifetime: 43_200, whimsPerDay: 2 };
  // Most of the first days is spent on compiling.
  for (let warmup = 0; warmup < 10; warmup++) simulate(plan);
  const days = 5;
  const seconds = processorSeconds(() => {
    for (let day = 0; day < days; day++) simulate(plan);
  });
  return (days * 86_400) / seconds;
}

export function run() {
  return [
    {
      what: `BNDUPD and BNDREPLY, ${BURST} renewals a commit and a read`,
      perSecond: exchangesPerSecond(true),
    },
    { what: 'BNDUPD and BNDREPLY, every record and message by itself', perSecond: exchangesPerSecond(false) },
    { what: 'simulated seconds, a pair with 100 clients', perSecond: simulatedSecondsPerSecond() },
  ];
}
