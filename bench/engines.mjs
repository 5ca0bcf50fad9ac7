/**
 * A primary and a secondary in one process, for benches: a network that delivers at once and stores without a disk. What
 * an engine says goes through octets all the same, and nothing leaves before it is stored.
 */
import { parseIpv6 } from '../dist/base/ipv6.js';
import { DEFAULTS } from '../dist/failover/config.js';
import { Endpoint } from '../dist/failover/endpoint.js';

const POOLS = [{ kind: 'address', first: parseIpv6('2001:db8::'), last: parseIpv6('2001:db8::ffff:ffff') }];
const FIRST_ADDRESS = parseIpv6('2001:db8::1');
/** Where both clocks begin: 2026-01-01T00:00:00Z. */
export const BEGIN = 1_767_225_600_000;

export class Engines {
  now = BEGIN;
  primary;
  secondary;
  #inputs = [];
  #together;

  /**
   * `together`: as in a running server, what was sent meanwhile arrives as one piece of octets, and what was saved
   * meanwhile is one commit. Otherwise every message and every record comes alone.
   */
  constructor({ together, primary = { leases: [] }, secondary = { leases: [] } }) {
    this.#together = together;
    this.primary = new Endpoint({ ...DEFAULTS, role: 'primary', pools: POOLS }, primary, this.now);
    this.secondary = new Endpoint({ ...DEFAULTS, role: 'secondary', pools: POOLS }, secondary, this.now);
  }

  /** Starts both; they find each other. */
  start() {
    for (const end of [this.primary, this.secondary]) this.feed(end, { kind: 'tick' });
    this.settle();
  }

  feed(end, input) {
    for (const output of end.handle(input, this.now)) this.#carryOut(end, output);
  }

  /** Lets everything happen that follows from what was fed. */
  settle() {
    while (this.#inputs.length > 0) {
      const inputs = this.#together ? joined(this.#inputs) : this.#inputs;
      this.#inputs = [];
      for (const { end, input } of inputs) this.feed(end, input);
    }
  }

  #carryOut(end, output) {
    switch (output.kind) {
      case 'send': {
        const other = end === this.primary ? this.secondary : this.primary;
        this.#inputs.push({ end: other, input: { kind: 'bytes', bytes: output.bytes } });
        return;
      }
      case 'persist':
        this.#inputs.push({ end, input: { kind: 'stored', token: output.token } });
        return;
      case 'connect':
        for (const one of [this.secondary, this.primary]) {
          this.#inputs.push({ end: one, input: { kind: 'connected' } });
        }
        return;
      default:
        return;
    }
  }
}

/** One read of the socket and one commit for each end, in place of many. */
function joined(inputs) {
  const result = [];
  const bytes = new Map();
  const stored = new Map();
  for (const each of inputs) {
    const { end, input } = each;
    if (input.kind === 'stored') stored.set(end, each);
    else if (input.kind !== 'bytes') result.push(each);
    else if (bytes.has(end)) bytes.get(end).push(input.bytes);
    else bytes.set(end, [input.bytes]);
  }
  result.push(...stored.values());
  for (const [end, pieces] of bytes) {
    result.push({
      end,
      input: { kind: 'bytes', bytes: pieces.length === 1 ? pieces[0] : Buffer.concat(pieces) },
    });
  }
  return result;
}

/** Address number `n` of those that a primary gives. */
export function addressOf(n) {
  const address = FIRST_ADDRESS.slice();
  new DataView(address.buffer).setUint32(12, 2 * n + 1);
  return { kind: 'address', address, prefixLength: 128 };
}

/** Client number `n`, as it is told of an hour's lease. */
export function holderOf(n) {
  const duid = Uint8Array.of(0, 3, 0, 1, 2, 0, n >> 24, n >> 16, n >> 8, n);
  const times = { t1: 1800, t2: 2880, preferredLifetime: 3600, validLifetime: 3600 };
  return { duid, iaKind: 'IA_NA', iaid: 1, ...times };
}

/** Processor time of this process, all threads, in seconds. */
export function processorSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
