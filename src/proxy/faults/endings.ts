/**
 * reset, half-close, half-open: three ways for a connection to end. Without conditions on messages they act once, on
 * the connections that are open, or else on the next one; with conditions, when the chosen message comes.
 */
import { type FaultHit, forward, marked, momentary, type Stage, type StageOutput } from '../stage.ts';
import { defineFault } from './kind.ts';

export const reset = defineFault<Record<never, never>>({
  name: 'reset',
  summary: 'resets both legs of the connection; a chosen message is lost',
  trigger: 'moment',
  once: true,
  perConnection: true,
  parameters: {},
  describe: (_, subject) => `resets the connection${upon(subject)}`,
  stage: () => ending((hit) => ({ kind: 'close', leg: 'both', how: 'reset', hit }), 'lose'),
});

export const halfClose = defineFault<Record<never, never>>({
  name: 'half-close',
  summary: 'ends one direction with FIN, behind a chosen message; the other goes on',
  trigger: 'moment',
  once: true,
  parameters: {},
  describe: (_, subject) => `ends the direction${upon(subject)}`,
  stage: () => ending((hit) => ({ kind: 'close', leg: 'onward', how: 'fin', hit }), 'pass'),
});

export const halfOpen = defineFault<Record<never, never>>({
  name: 'half-open',
  summary: 'resets the leg onward and does not tell the sender',
  trigger: 'moment',
  once: true,
  perConnection: true,
  parameters: {},
  describe: (_, subject) => `resets the receiver's leg${upon(subject)} and leaves the sender in the dark,`,
  stage: () => ending((hit) => ({ kind: 'close', leg: 'onward', how: 'reset', hit }), 'lose'),
});

function upon(subject: string): string {
  return subject === 'every message' ? '' : ` upon ${subject}`;
}

/** Closes when it begins or is hit; the link loses what comes later. */
function ending(close: (hit: FaultHit) => StageOutput, chosen: 'lose' | 'pass'): Stage {
  const stage = momentary((unit, hit) => {
    if (hit === undefined) return [forward(unit)];
    const last = marked(unit, hit);
    return [chosen === 'pass' ? forward(last) : { kind: 'drop', unit: last }, close(hit)];
  });
  return { ...stage, begin: (hit) => [close(hit)] };
}
