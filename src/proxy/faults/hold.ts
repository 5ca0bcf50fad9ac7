/**
 * hold: chosen messages stay in the proxy until they are released, all at once, in any order, or when the fault ends;
 * the others pass by. Holding longer than the keepalive time makes the other side give up (RFC 8156 §6.4), which
 * `keepalive` tells in time.
 */
import { type FaultHit, forward, type InFlight, marked, type Stage, type StageOutput } from '../stage.ts';
import { defineFault } from './kind.ts';
import { restamped } from './restamp.ts';

interface Hold {
  readonly all: boolean;
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
    restamp: { type: 'flag', fallback: false, doc: 'add the time held to sent-time' },
  },
  describe: ({ all }, subject) => `holds ${subject}${all ? ' and everything behind it' : ''} until released`,
  stage: ({ all, restamp }, { dissect }) => {
    let kept: InFlight[] = [];
    const leave = (unit: InFlight, now: number): StageOutput =>
      forward(restamp ? restamped(unit, dissect, now) : unit);
    const releaseAll: Stage['heal'] = (now) => {
      const units = kept;
      kept = [];
      return units.map((unit) => leave(unit, now));
    };
    return {
      push: (unit, hit, now) => {
        if (hit === undefined && !(all && kept.length > 0)) return [forward(unit)];
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
      heldSince: () => kept[0]?.arrivedMillis,
      deadline: () => undefined,
      tick: () => [],
      heal: releaseAll,
      held: () => kept.reduce((sum, unit) => sum + unit.octets.length, 0),
    };
  },
});

function held(unit: InFlight, hit: FaultHit, now: number): InFlight {
  return marked(unit, hit, `since ${new Date(now).toISOString()}`);
}
