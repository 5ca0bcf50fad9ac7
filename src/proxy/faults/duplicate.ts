/** duplicate: the message goes onward more than once. */
import { copyBytes } from '../../base/bytes.ts';
import { forward, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';

const COPIES_MAX = 1000;

export const duplicate = defineFault<{ readonly copies: number }>({
  name: 'duplicate',
  summary: 'passes the message on more than once',
  trigger: 'message',
  parameters: {
    copies: { type: 'integer', fallback: 1, range: [1, COPIES_MAX], positional: true, doc: 'how many more' },
  },
  describe: ({ copies }, subject) => `sends ${subject} ${copies === 1 ? 'twice' : `${copies + 1} times`}`,
  stage: ({ copies }, { dissect }) =>
    momentary((unit, hit, now) => {
      if (hit === undefined) return [forward(unit)];
      const copy = (number: number) => {
        const octets = copyBytes(unit.octets);
        const message = unit.message === null ? null : dissect(octets, now, null);
        return forward(
          marked({ ...unit, octets, original: null, message }, hit, `copy ${number} of ${copies}`),
        );
      };
      return [forward(marked(unit, hit)), ...Array.from({ length: copies }, (_, index) => copy(index + 1))];
    }),
});
