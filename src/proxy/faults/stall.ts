/** stall: nothing more is taken from the sender, which feels back-pressure as from a peer that has stopped reading. */
import { forward, type InFlight, marked, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';

export const stall = defineFault<Record<never, never>>({
  name: 'stall',
  summary: 'stops reading from the sender, as a peer that hangs',
  trigger: 'moment',
  parameters: {},
  describe: (_, subject) =>
    subject === 'every message' ? 'stops taking anything' : `stops taking anything from ${subject} on`,
  stage: stalled,
});

/** Keeps everything that comes once it has begun, and asks for no more. */
export function stalled(): Stage {
  let kept: InFlight[] = [];
  let begun = false;
  return {
    begin: () => {
      begun = true;
      return [];
    },
    push: (unit, hit) => {
      begun ||= hit !== undefined;
      if (!begun) return [forward(unit)];
      kept.push(hit === undefined ? unit : marked(unit, hit));
      return [];
    },
    deadline: () => undefined,
    tick: () => [],
    heal: () => {
      const units = kept;
      kept = [];
      begun = false;
      return units.map(forward);
    },
    held: () => kept.reduce((sum, unit) => sum + unit.octets.length, 0),
    blocksReading: () => begun,
  };
}
