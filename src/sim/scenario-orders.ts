/** The orders of scenarios on simulated servers, the same words as in the lab: `secondary kill`, `primary partner-down`. */
import { InputError } from '../base/problem.ts';
import type { Role } from '../failover/machine.ts';
import { WHERE_OPERATORS_ERR } from './excused.ts';
import type { ScenarioPair } from './scenario-pair.ts';
import { flooded, strangersCalled } from './scenario-strangers.ts';
import { otherRole, ROLES } from './topology.ts';

/** How long a server may take to leave. */
const LEAVE_SECONDS_MAX = 60;
const LOOK_MILLIS = 100;

/** Ends with `undefined`, or with what was wrong. */
type Done = (why?: string) => void;
type Order = (pair: ScenarioPair, role: Role, done: Done) => void;

const ORDERS: Readonly<Record<string, Order>> = {
  kill: (pair, role, done) => {
    if (!pair.servers[role].isUp) done(`the ${role} is not running`);
    else {
      kill(pair, role);
      done();
    }
  },
  start: (pair, role, done) => {
    if (pair.servers[role].isUp) done(`the ${role} is running already`);
    else {
      pair.servers[role].start();
      done();
    }
  },
  restart: (pair, role, done) => {
    kill(pair, role);
    pair.servers[role].start();
    done();
  },
  wipe: (pair, role, done) => {
    if (pair.servers[role].isUp) done(`the ${role} is running`);
    else {
      pair.servers[role].disk.wipe();
      done();
    }
  },
  stop: leave,
  shutdown: leave,
  'partner-down': (pair, role, done) => {
    const end = pair.ends[role];
    const before = end.state;
    if (pair.ends[otherRole(role)].isUp) pair.excused.push(...WHERE_OPERATORS_ERR);
    end.feed({ kind: 'operator', command: { kind: 'partner-down' } });
    done(
      end.state === 'PARTNER-DOWN'
        ? undefined
        : `partner-down does nothing in ${before ?? 'a server that is off'}`,
    );
  },
  flood: (pair, role, done) => called(pair, role, done, flooded),
  strangers: (pair, role, done) => called(pair, role, done, strangersCalled),
  resync: (pair, role, done) => {
    if (pair.ends[role].isUp) pair.network.cut();
    done(pair.ends[role].isUp ? undefined : `the ${role} is not running`);
  },
};

/** Carries out one order; `done` is called when it is, or cannot be. */
export function carryOutOrder(pair: ScenarioPair, text: string, done: Done): void {
  const [who, what, ...rest] = text.trim().split(/\s+/);
  const role = ROLES.find((one) => one === who);
  const order = ORDERS[what ?? ''];
  if (role !== undefined && order !== undefined && rest.length === 0) order(pair, role, done);
  else done(orderProblem(text));
}

/** @throws InputError where the scenario of `file` has orders that simulated servers do not know */
export function checkOrders(file: string, texts: readonly string[]): void {
  for (const text of texts) {
    const [who, what, ...rest] = text.trim().split(/\s+/);
    const known = ROLES.some((one) => one === who) && what !== undefined && ORDERS[what] !== undefined;
    if (!known || rest.length > 0) throw new InputError(`${file}: ${orderProblem(text)}`);
  }
}

function orderProblem(text: string): string {
  return `order "${text}": expected ${ROLES.join(' or ')} and ${Object.keys(ORDERS).join(', ')}`;
}

/** Somebody other than the partner calls: only a secondary listens. */
function called(pair: ScenarioPair, role: Role, done: Done, taken: (pair: ScenarioPair) => boolean): void {
  if (role === 'primary' || !pair.servers[role].isUp) done(`the ${role} takes no connections`);
  else done(taken(pair) ? 'a stranger was taken for the partner' : undefined);
}

/** The process is gone; its system tells the partner. */
function kill(pair: ScenarioPair, role: Role): void {
  pair.network.died(role, false);
  pair.servers[role].stop();
}

function leave(pair: ScenarioPair, role: Role, done: Done): void {
  const server = pair.servers[role];
  if (!server.isUp) {
    done(`the ${role} is not running`);
    return;
  }
  server.shutDown();
  const until = pair.schedule.now + 1000 * LEAVE_SECONDS_MAX;
  const look = (): void => {
    if (!server.isUp) done();
    else if (pair.schedule.now >= until) done(`the ${role} does not leave`);
    else pair.schedule.after(LOOK_MILLIS, look);
  };
  look();
}
