/** truncate: the end of the message is cut off and its length says so: framing stays, options end too early. */
import { copyBytes } from '../../base/bytes.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { forward, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit, writeU16 } from './patch.ts';

export const truncate = defineFault<{ readonly to: number }>({
  name: 'truncate',
  summary: 'cuts the end of the message off, with a right length',
  trigger: 'message',
  parameters: {
    to: {
      type: 'integer',
      range: [0, 65_535],
      positional: true,
      doc: 'octets that are left, message header included',
    },
  },
  describe: ({ to }, subject) => `cuts ${subject} to ${to} octets`,
  stage: ({ to }, { dissect }) =>
    momentary(
      (unit, hit, now) => {
        if (hit === undefined || unit.message === null) return [forward(unit)];
        const octets = copyBytes(unit.octets, 0, PREFIX_OCTETS + to);
        writeU16(octets, 0, unit.message.protocol === 'dhcpv4-failover' ? octets.length : to);
        const cut = marked(unit, hit, `${unit.octets.length - PREFIX_OCTETS} to ${to} octets`);
        return [forward(changedUnit(cut, octets, dissect, now))];
      },
      ({ message, octets }) => message !== null && octets.length - PREFIX_OCTETS > to,
    ),
});
