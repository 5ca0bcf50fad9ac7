/**
 * Many bindings in one endpoint: what they take in memory, how fast they are loaded, told to a partner that lost its disk
 * (UPDREQALL) and expired. `--messages N` says how many.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { addressOf, BEGIN, Engines, holderOf, processorSeconds } from './engines.mjs';

/** 2026-01-01T00:00:00Z in seconds since 2000. */
const TIME = BEGIN / 1000 - 946_684_800;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function used() {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What a server has on disk that was in PARTNER-DOWN when it was stopped. */
function* leases(count) {
  for (let n = 0; n < count; n++) {
    yield {
      ...addressOf(n),
      status: 'ACTIVE',
      holder: holderOf(n),
      clientLastTransactionTime: TIME - 60,
      startTimeOfState: TIME - 60,
      stateExpirationTime: TIME + 3000 + (n % 600),
      updateNeeded: false,
      updateSent: false,
    };
  }
}

const ENDPOINT = {
  state: 'PARTNER-DOWN',
  startTimeOfState: TIME - 7200,
  partnerDownTime: TIME - 7200,
  partnerFlags: 0,
  communicated: true,
  mclt: 3600,
  lastOperationTime: TIME - 10,
  updateAllNeeded: false,
  firstRun: false,
};

function count(endpoint, status) {
  let matching = 0;
  for (const lease of endpoint.allLeases()) if (lease.status === status) matching++;
  return matching;
}

export function run({ messages: total }, print) {
  const before = used();
  let pair;
  const loading = processorSeconds(() => {
    pair = new Engines({ together: true, primary: { endpoint: ENDPOINT, leases: leases(total) } });
  });
  const each = (used() - before) / total;
  print(`bindings   ${total.toLocaleString('en')} leases, ${each.toFixed(0)} octets of memory each`);

  const telling = processorSeconds(() => pair.start());
  if (count(pair.secondary, 'ACTIVE') !== total)
    throw new Error('the partner has not learned of every lease');

  pair.now += 2 * 3600 * 1000;
  const expiring = processorSeconds(() => {
    // A tick ends a thousand leases at most.
    for (let ended = 0; ended < total; ended += 1000) pair.primary.handle({ kind: 'tick' }, pair.now);
  });
  if (count(pair.primary, 'ACTIVE') > 0) throw new Error('a lease has not expired');
  return [
    { what: 'leases loaded into an endpoint', perSecond: total / loading },
    { what: 'leases told to a partner that asked for all', perSecond: total / telling },
    { what: 'leases expired', perSecond: total / expiring },
  ];
}
