/** throttle: octets go onward at a limited rate, in small pieces; the sender feels it once buffers are full. */
import { marked, type Stage } from '../stage.ts';
import { defineFault } from './kind.ts';
import { pieceOf } from './patch.ts';
import { WaitingQueue } from './queue.ts';

/** Pieces a second, so that a slow rate trickles instead of stuttering. */
const PIECES_PER_SECOND = 20;

export const throttle = defineFault<{ readonly rate: number }>({
  name: 'throttle',
  summary: 'passes octets on at a limited rate',
  trigger: 'message',
  parameters: {
    rate: { type: 'integer', range: [1, 1_000_000_000], positional: true, doc: 'octets a second' },
  },
  describe: ({ rate }, subject) => `passes ${subject} on at ${rate} octets a second`,
  stage: ({ rate }) => {
    const queue = new WaitingQueue();
    const pieceOctets = Math.max(1, Math.floor(rate / PIECES_PER_SECOND));
    let freeAt = 0;
    return Object.assign(queue, {
      push: ((unit, hit, now) => {
        freeAt = Math.max(freeAt, now);
        if (hit === undefined) return queue.add(unit, freeAt, now);
        const whole = marked(unit, hit);
        const outputs = [];
        for (let start = 0; start < unit.octets.length; start += pieceOctets) {
          const octets = unit.octets.subarray(start, start + pieceOctets);
          freeAt += (octets.length / rate) * 1000;
          const last = start + pieceOctets >= unit.octets.length;
          outputs.push(...queue.add(pieceOf(whole, octets, last), freeAt, now));
        }
        return outputs;
      }) satisfies Stage['push'],
    });
  },
});
