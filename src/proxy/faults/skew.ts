/**
 * skew: the sender's clock seems to be wrong. Shifts sent-time (RFC 8156 §5.2), and if it is to be coherent every
 * absolute time of the message with it, as a really wrong clock would. More than 5 seconds of skew is what the other
 * side should not bear (§7.5.1).
 */
import { InputError } from '../../base/problem.ts';
import { secondsBetween, toEpoch2000 } from '../../base/time.ts';
import { forward, type InFlight, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit } from './patch.ts';
import { shiftTimes } from './times.ts';

interface Skew {
  readonly mode: string;
  readonly by: number;
  readonly period: number;
  readonly rate: number;
  readonly coherent: boolean;
}

export const skew = defineFault<Skew>({
  name: 'skew',
  summary: "makes the sender's clock seem wrong",
  trigger: 'message',
  parameters: {
    mode: {
      type: 'word',
      choices: ['bump', 'strobe', 'drift', 'reset'],
      fallback: 'bump',
      positional: true,
      doc: 'bump: off by a constant; strobe: now off, now right; drift: more and more; reset: set to the time of the proxy',
    },
    by: { type: 'seconds', fallback: 0, positional: true, doc: 'how far the clock is off (bump, strobe)' },
    period: {
      type: 'seconds',
      fallback: 1,
      range: [0.001, 86_400],
      doc: 'how long each half of a strobe lasts',
    },
    rate: {
      type: 'number',
      fallback: 0,
      range: [-1000, 1000],
      doc: 'seconds that a drifting clock gains each second',
    },
    coherent: {
      type: 'flag',
      fallback: false,
      doc: 'shift every absolute time of the message, not sent-time alone',
    },
  },
  describe: (parameters, subject) => `${sentence(parameters)} ${subject}`,
  check: ({ mode, by, rate }) => {
    if ((mode === 'bump' || mode === 'strobe') && Math.trunc(by) === 0)
      throw new InputError(
        `fault skew: by: expected a second or more, which sent-time counts, found ${by} s`,
        ['by'],
      );
    if (mode === 'drift' && rate === 0)
      throw new InputError('fault skew: rate is missing (seconds that a drifting clock gains each second)', [
        'rate',
      ]);
  },
  stage: (parameters, { dissect, beginsMillis }) => {
    const secondsFor = ({ message }: InFlight, now: number): number =>
      typeof message?.sentTime !== 'number'
        ? 0
        : offset(parameters, message.sentTime, (now - beginsMillis) / 1000, now);
    return momentary(
      (unit, hit, now) => {
        if (hit === undefined || unit.message === null) return [forward(unit)];
        const seconds = secondsFor(unit, now);
        const octets = shiftTimes(unit.message, seconds, parameters.coherent);
        const detail = `sent-time ${seconds < 0 ? '-' : '+'}${Math.abs(seconds)} s`;
        return [forward(changedUnit(marked(unit, hit, detail), octets, dissect, now))];
      },
      // While a strobing clock is right there is nothing to do.
      (unit, now) => secondsFor(unit, now) !== 0,
    );
  },
});

/** Whole seconds to add; `elapsed` seconds since the fault began. */
function offset({ mode, by, period, rate }: Skew, sentTime: number, elapsed: number, now: number): number {
  if (mode === 'strobe') return Math.floor(elapsed / period) % 2 === 0 ? Math.trunc(by) : 0;
  if (mode === 'drift') return Math.trunc(rate * elapsed);
  if (mode === 'reset') return secondsBetween(sentTime, toEpoch2000(now));
  return Math.trunc(by);
}

function sentence({ mode, by, period, rate, coherent }: Skew): string {
  const what = coherent ? 'all absolute times' : 'the sent-time';
  const signed = `${by < 0 ? '' : '+'}${by} s`;
  if (mode === 'strobe') return `shifts ${what} by ${signed} for ${period} s in turn with none, in`;
  if (mode === 'drift') return `shifts ${what} by ${rate} s more each second in`;
  if (mode === 'reset') return `sets ${what} by the proxy's clock in`;
  return `shifts ${what} by ${signed} in`;
}
