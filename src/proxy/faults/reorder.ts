/** reorder: chosen messages are gathered and go onward in another order, once enough came or the time is up. */
import { forward, type InFlight, marked, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';

interface Reorder {
  readonly window: number;
  readonly within: number;
  readonly order: string;
}

const WINDOW_MAX = 1000;

export const reorder = defineFault<Reorder>({
  name: 'reorder',
  summary: 'passes messages on in another order',
  trigger: 'message',
  parameters: {
    window: {
      type: 'integer',
      fallback: 2,
      range: [2, WINDOW_MAX],
      positional: true,
      doc: 'how many are gathered',
    },
    within: { type: 'seconds', fallback: 1, range: [0.001, 3600], doc: 'how long at most' },
    order: { type: 'word', choices: ['reverse', 'random'], fallback: 'reverse', doc: 'the new order' },
  },
  describe: ({ window, within, order }, subject) =>
    `gathers ${window} of ${subject} for at most ${within} s and passes them on in ${order} order`,
  stage: ({ window, within, order }, { random }) => {
    let gathered: InFlight[] = [];
    let since = 0;
    const leave: Stage['heal'] = () => {
      const units = gathered;
      gathered = [];
      if (order === 'reverse') return units.reverse().map(forward);
      for (let last = units.length - 1; last > 0; last--) {
        const other = random.below(last + 1);
        [units[last], units[other]] = [units[other] as InFlight, units[last] as InFlight];
      }
      return units.map(forward);
    };
    return {
      push: (unit, hit, now) => {
        if (hit === undefined) return [forward(unit)];
        if (gathered.length === 0) since = now;
        gathered.push(marked(unit, hit, `position ${gathered.length + 1} of ${window}`));
        return gathered.length < window ? [] : leave(now);
      },
      deadline: () => (gathered.length === 0 ? undefined : since + within * 1000),
      tick: (now) => (now >= since + within * 1000 ? leave(now) : []),
      heal: leave,
      held: () => gathered.reduce((sum, unit) => sum + unit.octets.length, 0),
    };
  },
});
