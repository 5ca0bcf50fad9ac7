/**
 * restamp: the time that a message has spent in the proxy is added to its sent-time, so that latency is not also skew
 * (RFC 8156 §7.5.1). Armed after the fault that makes messages late.
 */
import { copyBytes } from '../../base/bytes.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { forward, type InFlight, marked, momentary, type StageSetup } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit } from './patch.ts';
import { shiftSentTime } from './times.ts';

export const restamp = defineFault<Record<never, never>>({
  name: 'restamp',
  summary: 'adds the time that a message spent in the proxy to its sent-time',
  trigger: 'message',
  parameters: {},
  describe: (_, subject) => `adds the time spent in the proxy to the sent-time of ${subject}`,
  stage: (_, { dissect }) =>
    momentary(
      (unit, hit, now) => {
        if (hit === undefined) return [forward(unit)];
        const late = Math.round((now - unit.arrivedMillis) / 1000);
        return [forward(restamped(marked(unit, hit, `sent-time +${late} s`), dissect, now))];
      },
      ({ message }) => typeof message?.sentTime === 'number',
    ),
});

/** The unit with its sent-time moved on by the whole seconds since it came. */
export function restamped(unit: InFlight, dissect: StageSetup['dissect'], now: number): InFlight {
  const late = Math.round((now - unit.arrivedMillis) / 1000);
  const hasSentTime = unit.message !== null && unit.message.sentTime !== null;
  if (!hasSentTime || late === 0 || unit.octets.length < PREFIX_OCTETS) return unit;
  const octets = copyBytes(unit.octets);
  shiftSentTime(octets, late);
  return changedUnit(unit, octets, dissect, now);
}
