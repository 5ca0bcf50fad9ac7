/** Makes the faults of a plan come true, and makes everything well again. */
import type { Role } from '../failover/machine.ts';
import type { EndpointState } from '../failover/state.ts';
import { parseFault } from '../proxy/faults/short-form.ts';
import type { Bond } from './bond.ts';
import type { Coverage } from './coverage.ts';
import { type Ambush, type Fault, faultText, type TimedFault } from './fault.ts';
import type { Holdings } from './holdings.ts';
import { Operators } from './operators.ts';
import type { Party } from './party.ts';
import type { Schedule } from './schedule.ts';
import type { SimServer } from './server.ts';
import { ROLES, type ServerName } from './topology.ts';

/** Who hears nothing of the partner for its keepalive time has noticed by now. */
const NOTICED_MILLIS = 90_000;

export interface TroublesParts {
  readonly schedule: Schedule;
  readonly coverage: Coverage;
  readonly holdings: Holdings;
  readonly servers: ReadonlyMap<ServerName, SimServer>;
  readonly bonds: readonly Bond[];
  readonly trace: (text: string) => void;
  /** Operators make mistakes. */
  readonly err: boolean;
}

export class Troubles {
  private readonly parts: TroublesParts;
  private readonly operators: Operators;
  private waiting: { readonly when: Ambush; readonly strike: () => void }[] = [];
  /** Lasting faults that are on. */
  private disturbances = 0;
  private over = false;

  constructor(parts: TroublesParts) {
    this.parts = parts;
    this.operators = new Operators({ ...parts, calm: () => this.disturbances === 0 });
  }

  /** Faults begin so many seconds after `start`. */
  plan(faults: readonly TimedFault[], start: number): void {
    for (const timed of faults) {
      const { when, fault } = timed;
      const strike = () => {
        this.parts.trace(`fault ${faultText(timed)}`);
        this.parts.coverage.saw(`fault ${fault.kind}`);
        this.apply(fault);
      };
      this.parts.schedule.at(start + 1000 * timed.at, () => {
        if (when === undefined) strike();
        else this.waiting.push({ when, strike });
      });
    }
  }

  /** A server entered a state: who lay in wait for that strikes behind it. */
  entered(relationship: number, server: Role, state: EndpointState): void {
    const struck = this.waiting.filter(
      ({ when }) => when.relationship === relationship && when.server === server && when.state === state,
    );
    if (struck.length === 0) return;
    this.waiting = this.waiting.filter((one) => !struck.includes(one));
    for (const { when, strike } of struck) {
      this.parts.schedule.after(when.afterMillis, () => {
        if (!this.over) strike();
      });
    }
  }

  /** Everything works again and nothing more goes wrong. */
  heal(): void {
    this.over = true;
    this.waiting = [];
    for (const { network } of this.parts.bonds) network.heal();
    for (const server of this.parts.servers.values()) server.disk.stalledUntil = 0;
    for (const server of this.parts.servers.values()) this.operators.correct(server);
    for (const server of this.parts.servers.values()) server.start();
  }

  private apply(fault: Fault): void {
    const { schedule } = this.parts;
    switch (fault.kind) {
      case 'crash':
        this.operators.crash(this.server(fault.server), fault);
        break;
      case 'shutdown':
        this.operators.shutDown(this.server(fault.server), fault.forSeconds);
        break;
      case 'wrong-partner-down':
        this.operators.partnerDown(this.bond(fault.relationship).ends[fault.server]);
        break;
      case 'misconfigured': {
        const party = this.bond(fault.relationship).ends[fault.server];
        this.operators.misconfigure(this.serverOf(party), party, fault);
        break;
      }
      case 'split-brain':
        this.splitBrain(fault);
        break;
      case 'clock':
        this.server(fault.server).setClock(fault.seconds);
        this.lasting(fault.forSeconds, () => this.server(fault.server).setClock(-fault.seconds));
        break;
      case 'disk-stall':
        this.server(fault.server).disk.stalledUntil = schedule.now + 1000 * fault.forSeconds;
        break;
      default:
        this.disturb(fault);
        break;
    }
  }

  private disturb(fault: NetworkFault): void {
    const { network } = this.bond(fault.relationship);
    switch (fault.kind) {
      case 'cut':
        network.cut();
        break;
      case 'half-open':
        network.halfOpen();
        break;
      case 'partition':
        this.partition(fault);
        break;
      case 'stall':
        network.stall(1000 * fault.forSeconds);
        break;
      case 'slow':
        network.extraDelay = 1000 * fault.delaySeconds;
        this.lasting(fault.forSeconds, () => {
          network.extraDelay = 0;
        });
        break;
      case 'proxy':
        this.lasting(fault.forSeconds, network.disturb(parseFault(fault.fault)));
        // Some can only be met while a connection is being made.
        if (/CONNECT|refuse/.test(fault.fault)) network.cut();
        break;
      case 'drop':
        network.drops.push({ from: fault.from, messageType: fault.messageType, left: fault.count });
        break;
    }
  }

  /** Between two servers, whatever relationships they have. */
  private partition({ relationship, forSeconds, only }: Extract<Fault, { kind: 'partition' }>): void {
    const { ends } = this.bond(relationship);
    const pair = [ends.primary.server, ends.secondary.server];
    const silent = only === undefined ? undefined : ends[only].server;
    for (const { ends, network } of this.parts.bonds) {
      if (!pair.includes(ends.primary.server) || !pair.includes(ends.secondary.server)) continue;
      const from = ROLES.filter((role) => silent === undefined || ends[role].server === silent);
      this.lasting(forSeconds, network.partition(from));
    }
  }

  private splitBrain({ relationship, forSeconds }: Extract<Fault, { kind: 'split-brain' }>): void {
    const { ends } = this.bond(relationship);
    this.partition({ kind: 'partition', relationship, forSeconds });
    for (const role of ROLES) {
      // Not before both have noticed that they hear nothing.
      this.parts.schedule.after(NOTICED_MILLIS, () => this.operators.partnerDown(ends[role]));
    }
  }

  private lasting(seconds: number, end: () => void): void {
    this.disturbances++;
    this.parts.schedule.after(1000 * seconds, () => {
      this.disturbances--;
      end();
    });
  }

  private server(name: ServerName): SimServer {
    return this.parts.servers.get(name) as SimServer;
  }

  private serverOf(party: Party): SimServer {
    return [...this.parts.servers.values()].find(({ parties }) => parties.includes(party)) as SimServer;
  }

  private bond(relationship: number): Bond {
    return this.parts.bonds[relationship] as Bond;
  }
}

type NetworkFault = Extract<
  Fault,
  { kind: 'cut' | 'half-open' | 'partition' | 'stall' | 'slow' | 'proxy' | 'drop' }
>;
