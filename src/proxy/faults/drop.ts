/** drop: the message is not passed on; everything after it is. */
import { forward, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';

export const drop = defineFault<Record<never, never>>({
  name: 'drop',
  summary: 'does not pass the message on',
  trigger: 'message',
  parameters: {},
  describe: (_, subject) => `drops ${subject}`,
  stage: () =>
    momentary((unit, hit) =>
      hit === undefined ? [forward(unit)] : [{ kind: 'drop', unit: marked(unit, hit) }],
    ),
});
