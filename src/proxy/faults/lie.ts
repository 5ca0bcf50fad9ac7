/** lie-length: the length prefix says another length than the message has: framing is lost from here on. */
import { copyBytes, readU16 } from '../../base/bytes.ts';
import { forward, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';
import { writeU16 } from './patch.ts';

const LENGTH_MAX = 65_535;

export const lieLength = defineFault<{ readonly by: number }>({
  name: 'lie-length',
  summary: 'gives the message a wrong length prefix',
  trigger: 'message',
  parameters: {
    by: {
      type: 'integer',
      fallback: 1,
      range: [-LENGTH_MAX, LENGTH_MAX],
      positional: true,
      doc: 'how much more (or less) than the truth the prefix says',
    },
  },
  describe: ({ by }, subject) =>
    `says ${Math.abs(by)} ${Math.abs(by) === 1 ? 'octet' : 'octets'} too ${by < 0 ? 'few' : 'many'} in the length of ${subject}`,
  stage: ({ by }) =>
    momentary(
      (unit, hit) => {
        if (hit === undefined) return [forward(unit)];
        const octets = copyBytes(unit.octets);
        const truth = readU16(octets, 0);
        const lie = Math.min(Math.max(truth + by, 0), LENGTH_MAX);
        writeU16(octets, 0, lie);
        return [forward({ ...marked(unit, hit, `${lie} instead of ${truth}`), octets, message: null })];
      },
      ({ message }) => message !== null,
    ),
});
