/** What many runs together are expected to go through, and what no run of ours can get to. */
import { ENDPOINT_STATES, LASTING_STATES } from '../failover/state.ts';
import { ACCESS_KINDS } from './access.ts';
import { ARCS } from './arcs.ts';
import type { Coverage } from './coverage.ts';
import { FAULT_KINDS } from './fault.ts';
import { proxyKinds } from './stages-plan.ts';
import { ROLES, TOPOLOGY_NAMES } from './topology.ts';

/** Of one kind of things: how many of them were seen, and the names of the others. */
export interface Covered {
  readonly what: string;
  readonly seen: number;
  readonly of: number;
  readonly missing: readonly string[];
}

/** What is expected of many runs together. */
export function summary(coverage: Coverage): readonly Covered[] {
  return EXPECTED.map(({ what, all }) => {
    const possible = all.filter((name) => UNREACHABLE[name] === undefined);
    const missing = possible.filter((name) => !coverage.counts.has(name));
    return { what, seen: possible.length - missing.length, of: possible.length, missing };
  });
}

const all = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix} ${name}`);

const EXPECTED: readonly { readonly what: string; readonly all: readonly string[] }[] = [
  { what: 'states', all: ROLES.flatMap((role) => all(`state ${role}`, LASTING_STATES)) },
  {
    what: 'transitions',
    all: ENDPOINT_STATES.flatMap((from) => ARCS[from].map((to) => `transition ${from} to ${to}`)),
  },
  {
    what: 'messages',
    all: all(
      'message',
      'BNDUPD BNDREPLY POOLREQ POOLRESP UPDREQ UPDREQALL UPDDONE CONNECT CONNECTREPLY DISCONNECT STATE'.split(
        ' ',
      ),
    ),
  },
  {
    what: 'binding-status',
    all: all('update', 'ACTIVE EXPIRED RELEASED PENDING-FREE FREE FREE-BACKUP ABANDONED RESET'.split(' ')),
  },
  {
    what: 'rejects',
    all: [
      ...all(
        'BNDREPLY',
        'AddressInUse OutdatedBindingInformation ConfigurationConflict MissingBindingInformation UnspecFail DNSUpdateNotSupported'.split(
          ' ',
        ),
      ),
      ...all('CONNECTREPLY', 'ExcessiveTimeSkew NotAllowed NotSupported UnspecFail'.split(' ')),
      ...all(
        'DISCONNECT',
        'ServerShuttingDown UnspecFail ExcessiveTimeSkew ConfigurationConflict NotSupported'.split(' '),
      ),
    ],
  },
  { what: 'faults', all: [...all('fault', FAULT_KINDS), 'disk lost'] },
  { what: 'faults of proxies', all: all('proxy', [...new Set(proxyKinds('forging'))]) },
  {
    what: 'surroundings',
    all: [
      ...all('topology', TOPOLOGY_NAMES),
      ...all('client', ACCESS_KINDS),
      'the partner’s prefix given in PARTNER-DOWN',
    ],
  },
];

/** What no run of ours can get to, and why. */
export const UNREACHABLE: Readonly<Record<string, string>> = {
  'state secondary CONFLICT-DONE':
    'only a primary waits there for the other to resolve its conflicts (§8.10.2); the secondary resolves last',
  'transition STARTUP to NORMAL':
    'a server that was in NORMAL returns to COMMUNICATIONS-INTERRUPTED, and goes on from there (§8.3.2 step 2)',
  'update PENDING-FREE': 'with the acknowledgement both servers know, so that it is FREE at once (figure 3)',
  'BNDREPLY UnspecFail':
    'our servers tell of one client and few leases in a BNDUPD, and no fault of the proxy adds to that',
  'BNDREPLY DNSUpdateNotSupported': 'no server of ours sends OPTION_F_DNS_REMOVAL_INFO',
};
