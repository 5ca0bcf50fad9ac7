/** corrupt: bits of the message are flipped; its length stays, so that the messages behind it can still be read. */
import { copyBytes } from '../../base/bytes.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { forward, type InFlight, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit } from './patch.ts';

interface Corrupt {
  readonly bits: number;
  readonly at: number;
}

const ANYWHERE = -1;
const BITS_MAX = 4096;

export const corrupt = defineFault<Corrupt>({
  name: 'corrupt',
  summary: 'flips bits of the message',
  trigger: 'message',
  parameters: {
    bits: { type: 'integer', fallback: 1, range: [1, BITS_MAX], positional: true, doc: 'how many bits' },
    at: {
      type: 'integer',
      fallback: ANYWHERE,
      range: [ANYWHERE, 65_535],
      doc: 'octet of the message (0 is msg-type) whose bits are flipped; -1: anywhere',
    },
  },
  describe: ({ bits, at }, subject) =>
    `flips ${bits === 1 ? 'a bit' : `${bits} bits`}${at === ANYWHERE ? '' : ` of octet ${at}`} of ${subject}`,
  stage: ({ bits, at }, { random, dissect }) =>
    momentary(
      (unit, hit, now) => {
        if (hit === undefined) return [forward(unit)];
        const first = bodyStart(unit);
        const length = unit.octets.length - first;
        const octets = copyBytes(unit.octets);
        const flipped = Array.from({ length: bits }, () => {
          const octet = at === ANYWHERE ? random.below(length) : at;
          const bit = random.below(8);
          octets[first + octet] = (octets[first + octet] as number) ^ (1 << bit);
          return `${octet}.${bit}`;
        });
        const unitNow = marked(unit, hit, `octet.bit ${flipped.slice(0, 8).join(' ')}`);
        return [
          forward(
            unit.message === null ? { ...unitNow, octets } : changedUnit(unitNow, octets, dissect, now),
          ),
        ];
      },
      (unit) => unit.octets.length - bodyStart(unit) > Math.max(at, 0),
    ),
});

function bodyStart({ message }: InFlight): number {
  return message === null ? 0 : PREFIX_OCTETS;
}
