/** coalesce: messages are gathered and written in one call, so that they share segments. */
import { forward, type InFlight, marked, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';

interface Coalesce {
  readonly count: number;
  readonly within: number;
}

const COUNT_MAX = 10_000;

export const coalesce = defineFault<Coalesce>({
  name: 'coalesce',
  summary: 'writes several messages at once',
  trigger: 'message',
  parameters: {
    count: { type: 'integer', fallback: 10, range: [2, COUNT_MAX], positional: true, doc: 'how many' },
    within: { type: 'seconds', fallback: 1, range: [0.001, 3600], doc: 'how long to wait for them at most' },
  },
  describe: ({ count, within }, subject) =>
    `gathers ${count} of ${subject} and what is between them for at most ${within} s and writes them at once`,
  stage: ({ count, within }) => {
    let gathered: InFlight[] = [];
    let chosen = 0;
    let since = 0;
    const leave: Stage['heal'] = () => {
      const units = gathered;
      gathered = [];
      chosen = 0;
      return units.map((unit, index) => forward(index < units.length - 1 ? { ...unit, glued: true } : unit));
    };
    return {
      push: (unit, hit, now) => {
        if (hit === undefined && gathered.length === 0) return [forward(unit)];
        if (gathered.length === 0) since = now;
        if (hit !== undefined) chosen++;
        gathered.push(hit === undefined ? unit : marked(unit, hit, `${chosen} of ${count}`));
        return chosen < count ? [] : leave(now);
      },
      deadline: () => (gathered.length === 0 ? undefined : since + within * 1000),
      tick: (now) => (now >= since + within * 1000 ? leave(now) : []),
      heal: leave,
      held: () => gathered.reduce((sum, unit) => sum + unit.octets.length, 0),
    };
  },
});
