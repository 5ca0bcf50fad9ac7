/**
 * hold: chosen messages stay in the proxy until they are released, all at once, in any order, or when the fault ends;
 * the others pass by, unless the fault stops the whole conversation, as a debugger's breakpoint does. Holding longer
 * than the keepalive time makes the other side give up (RFC 8156 §6.4), which `keepalive` tells in time.
 */
import {
  type FaultHit,
  forward,
  type Halt,
  type InFlight,
  marked,
  type Stage,
  type StageOutput,
} from '../stage.ts';
import { defineFault } from './kind.ts';
import { restamped } from './restamp.ts';

interface Hold {
  readonly all: boolean;
  readonly stop: boolean;
  readonly restamp: boolean;
}

export const hold = defineFault<Hold>({
  name: 'hold',
  summary: 'keeps the message until it is released, in any order',
  trigger: 'message',
  parameters: {
    all: {
      type: 'flag',
      fallback: false,
      doc: 'messages behind a held one wait too, so that nothing overtakes it',
    },
    stop: {
      type: 'flag',
      fallback: false,
      doc: 'with the first held message everything waits, in all directions of the fault, until all is released',
    },
    restamp: { type: 'flag', fallback: false, doc: 'add the time held to sent-time' },
  },
  describe: ({ all, stop }, subject) => {
    if (stop)
      return `stops everything from ${subject === 'every message' ? 'the first message' : subject} on`;
    return `holds ${subject}${all ? ' and everything behind it' : ''} until released`;
  },
  stage: (parameters, { dissect, halt }) =>
    holding(parameters, halt, (unit, now) =>
      forward(parameters.restamp ? restamped(unit, dissect, now) : unit),
    ),
});

function holding(
  { all, stop }: Hold,
  halt: Halt,
  leave: (unit: InFlight, now: number) => StageOutput,
): Stage {
  let kept: InFlight[] = [];
  const releaseAll: Stage['heal'] = (now) => {
    const units = kept;
    kept = [];
    halt.stopped = false;
    return units.map((unit) => leave(unit, now));
  };
  return {
    push: (unit, hit, now) => {
      if (hit === undefined && !halt.stopped && !(all && kept.length > 0)) return [forward(unit)];
      halt.stopped ||= stop;
      kept.push(hit === undefined ? unit : held(unit, hit, now));
      return [];
    },
    release: (order, now) => {
      if (order === undefined) return releaseAll(now);
      const chosen = order.map((position) => kept[position]).filter((unit) => unit !== undefined);
      const first = [...new Set(chosen)];
      kept = kept.filter((unit) => !first.includes(unit));
      return first.map((unit) => leave(unit, now));
    },
    releasable: () => kept,
    deadline: () => undefined,
    tick: () => [],
    heal: releaseAll,
    held: () => kept.reduce((sum, unit) => sum + unit.octets.length, 0),
  };
}

function held(unit: InFlight, hit: FaultHit, now: number): InFlight {
  return marked(unit, hit, `since ${new Date(now).toISOString()}`);
}
