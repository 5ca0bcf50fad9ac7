/**
 * The failover engine by itself: BNDUPD and BNDREPLY through two endpoints in memory, leases stored at once without a
 * disk; and simulated time against real time for a pair with 100 clients. By processor time, so that neighbours count less.
 */
import { parseIpv6 } from '../dist/base/ipv6.js';
import { DEFAULTS } from '../dist/failover/config.js';
import { Endpoint } from '../dist/failover/endpoint.js';
import { planOf } from '../dist/sim/plan.js';
import { run as simulate } from '../dist/sim/world.js';

const LEASES = 20_000;
const EXCHANGES = 300_000;
/** Renewals that arrive between two looks at the network. */
const BURST = 50;
const POOLS = [{ kind: 'address', first: parseIpv6('2001:db8::'), last: parseIpv6('2001:db8::ffff:ffff') }];

class Pair {
  now = 1_767_225_600_000;
  queue = [];
  primary = this.end('primary');
  secondary = this.end('secondary');

  constructor() {
    for (const end of [this.primary, this.secondary]) this.feed(end, { kind: 'tick' });
    this.settle();
  }

  end(role) {
    return new Endpoint({ ...DEFAULTS, role, pools: POOLS }, { leases: [] }, this.now);
  }

  feed(end, input) {
    const other = end === this.primary ? this.secondary : this.primary;
    for (const output of end.handle(input, this.now)) {
      if (output.kind === 'send') this.queue.push([other, { kind: 'bytes', bytes: output.bytes }]);
      else if (output.kind === 'persist') this.queue.push([end, { kind: 'stored', token: output.token }]);
      else if (output.kind === 'connect') {
        this.queue.push([this.secondary, { kind: 'connected' }], [this.primary, { kind: 'connected' }]);
      }
    }
  }

  settle() {
    for (let at = 0; at < this.queue.length; at++) this.feed(...this.queue[at]);
    this.queue.length = 0;
  }
}

/** A client's lease number `n`, renewed again and again. */
function renewal(n) {
  const address = parseIpv6('2001:db8::1').slice();
  new DataView(address.buffer).setUint32(12, 2 * n + 1);
  const duid = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, n >> 16, n >> 8, n);
  const times = { t1: 1800, t2: 2880, preferredLifetime: 3600, validLifetime: 3600 };
  const holder = { duid, iaKind: 'IA_NA', iaid: 1, ...times };
  const resource = { kind: 'address', address, prefixLength: 128 };
  return [{ kind: 'bind', resource, desiredLifetime: 86_400, holder }];
}

function processorSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export function run() {
  const pair = new Pair();
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
  const exchanging = processorSeconds(() => exchange(EXCHANGES));

  const day = planOf({ seed: 1, seconds: 86_400, clients: 100, marked: false });
  const plan = { ...day, topology: 'pair', faults: [], mclt: 3600, validLifetime: 43_200, whimsPerDay: 2 };
  for (let warmup = 0; warmup < 3; warmup++) simulate(plan);
  const simulating = processorSeconds(() => simulate(plan));
  return [
    { what: 'BNDUPD and BNDREPLY exchanges, renewals', perSecond: EXCHANGES / exchanging },
    { what: 'simulated seconds, a pair with 100 clients', perSecond: 86_400 / simulating },
  ];
}
