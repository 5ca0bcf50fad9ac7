/**
 * TLS (RFC 8156 §10 with RFC 7653 §8.2 and §9.1): refuse-starttls answers STARTTLS with a refusal in the secondary's
 * name; break-tls disturbs the handshake that follows an accepted STARTTLS, where the proxy sees records and no messages.
 */
import { copyBytes } from '../../base/bytes.ts';
import { encodeMessage } from '../../dissect/encode.ts';
import { type FaultHit, forward, type InFlight, marked, momentary, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit, PROTOCOL, unitWith } from './patch.ts';
import { stalled } from './stall.ts';

const REFUSED = 'TLSConnectionRefused';

export const refuseStartTls = defineFault<Record<never, never>>({
  name: 'refuse-starttls',
  summary: 'turns the REPLY that accepts STARTTLS into a refusal',
  trigger: 'message',
  onlyTypes: ['REPLY'],
  parameters: {},
  describe: () => 'refuses STARTTLS in the place of the receiver,',
  stage: (_, { dissect, dissectors }) =>
    momentary((unit, hit, now) => {
      const { message } = unit;
      if (hit === undefined || message === null) return [forward(unit)];
      const option = { STATUS_CODE: { 'status-code': REFUSED, 'status-message': 'refused by leasetap' } };
      const refusal = { type: 'REPLY', 'transaction-id': message.transactionId ?? 0, options: [option] };
      const octets = unitWith(encodeMessage(dissectors, PROTOCOL, refusal), message);
      return [forward(changedUnit(marked(unit, hit, REFUSED), octets, dissect, now))];
    }),
});

interface BreakTls {
  readonly how: string;
  readonly record: number;
}

export const breakTls = defineFault<BreakTls>({
  name: 'break-tls',
  summary: 'corrupts, stalls or resets a connection once TLS has begun',
  trigger: 'message',
  aboutTls: 'passed',
  parameters: {
    how: {
      type: 'word',
      choices: ['corrupt', 'stall', 'reset'],
      fallback: 'corrupt',
      positional: true,
      doc: 'what happens',
    },
    record: {
      type: 'integer',
      fallback: 1,
      range: [1, 1_000_000],
      doc: 'with the n-th piece of the TLS stream that comes in this direction',
    },
  },
  describe: ({ how, record }) => `${BREAKS[how] ?? how} TLS at piece ${record} that comes`,
  stage: ({ how, record }, { random }) => breaking(how, record, (bound) => random.below(bound)),
});

const BREAKS: Readonly<Record<string, string>> = { corrupt: 'corrupts', stall: 'stalls', reset: 'resets' };

function breaking(how: string, record: number, below: (bound: number) => number): Stage {
  let seen = 0;
  const stall = stalled();
  const corrupted = (unit: InFlight, hit: FaultHit): InFlight => {
    const octets = copyBytes(unit.octets);
    const at = below(octets.length);
    octets[at] = (octets[at] as number) ^ (1 << below(8));
    return { ...marked(unit, hit, `octet ${at}`), octets };
  };
  return {
    ...stall,
    // It begins with the chosen piece, not when the fault is armed.
    begin: () => [],
    takes: ({ message }) => message === null && ++seen === record,
    push: (unit, hit, now) => {
      if (stall.held() > 0) return stall.push(unit, undefined, now);
      if (hit === undefined) return [forward(unit)];
      if (how === 'corrupt') return [forward(corrupted(unit, hit))];
      if (how === 'reset')
        return [
          { kind: 'drop', unit: marked(unit, hit) },
          { kind: 'close', leg: 'both', how: 'reset', hit },
        ];
      return stall.push(unit, hit, now);
    },
  };
}
