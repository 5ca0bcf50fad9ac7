/** split: the message is written in pieces, cut at chosen octets, with a pause between them. */
import { marked, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';
import { pieceOf } from './patch.ts';
import { WaitingQueue } from './queue.ts';

interface Split {
  readonly at: readonly number[];
  readonly size: number;
  readonly gap: number;
}

const PIECES_MAX = 65_537;

export const split = defineFault<Split>({
  name: 'split',
  summary: 'writes the message in pieces',
  trigger: 'message',
  parameters: {
    at: {
      type: 'numbers',
      fallback: [],
      range: [1, PIECES_MAX],
      positional: true,
      doc: 'octets before which to cut, counted from the length prefix: `1` cuts inside the prefix',
    },
    size: { type: 'integer', fallback: 0, range: [0, 65_537], doc: 'or: octets of each piece' },
    gap: { type: 'seconds', fallback: 0.02, range: [0, 3600], doc: 'pause between pieces' },
  },
  describe: ({ at, size, gap }, subject) => {
    const where = at.length > 0 ? `at octets ${at.join(', ')}` : `every ${size === 0 ? 1 : size} octets`;
    return `cuts ${subject} ${where} with ${gap} s between the pieces`;
  },
  stage: ({ at, size, gap }) => {
    const queue = new WaitingQueue();
    return Object.assign(queue, {
      takes: (({ octets }) =>
        piecesOf(octets, at, size === 0 ? 1 : size).length > 1) satisfies Stage['takes'],
      push: ((unit, hit, now) => {
        if (hit === undefined) return queue.add(unit, now, now);
        const pieces = piecesOf(unit.octets, at, size === 0 ? 1 : size);
        const whole = marked(unit, hit, `${pieces.length} pieces`);
        return pieces.flatMap((octets, index) =>
          queue.add(pieceOf(whole, octets, index === pieces.length - 1), now + index * gap * 1000, now),
        );
      }) satisfies Stage['push'],
    });
  },
});

function piecesOf(octets: Uint8Array, at: readonly number[], size: number): Uint8Array[] {
  const cuts = at.length > 0 ? [...new Set(at)].sort((a, b) => a - b) : everyNth(octets.length, size);
  const inside = cuts.filter((cut) => cut > 0 && cut < octets.length);
  return [0, ...inside].map((start, index) => octets.subarray(start, inside[index] ?? octets.length));
}

function everyNth(length: number, size: number): number[] {
  return Array.from(
    { length: Math.min(Math.ceil(length / size) - 1, PIECES_MAX) },
    (_, index) => (index + 1) * size,
  );
}
