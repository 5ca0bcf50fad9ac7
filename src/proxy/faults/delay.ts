/** delay: the message goes onward later, and so does everything behind it. */
import { marked, type Stage } from '../stage.ts';
import { DISTRIBUTIONS, randomDelay } from './distribution.ts';
import { defineFault } from './kind.ts';
import { WaitingQueue } from './queue.ts';
import { restamped } from './restamp.ts';

interface Delay {
  readonly by: number;
  readonly jitter: number;
  readonly distribution: string;
  readonly restamp: boolean;
}

export const delay = defineFault<Delay>({
  name: 'delay',
  summary: 'passes the message on later, and everything behind it',
  trigger: 'message',
  parameters: {
    by: { type: 'seconds', range: [0, 86_400], positional: true, doc: 'how long' },
    jitter: { type: 'seconds', fallback: 0, range: [0, 86_400], doc: 'how much it varies' },
    distribution: { type: 'word', choices: DISTRIBUTIONS, fallback: 'uniform', doc: 'how it varies' },
    restamp: {
      type: 'flag',
      fallback: false,
      doc: 'add the delay to sent-time, so that it does not look like a wrong clock',
    },
  },
  describe: ({ by, jitter, distribution, restamp }, subject) => {
    const varying = jitter === 0 ? '' : ` varying by ${jitter} s (${distribution})`;
    return `delays ${subject} by ${by} s${varying}${restamp ? ', with sent-time moved on,' : ''}`;
  },
  stage: ({ by, jitter, distribution, restamp }, { random, dissect }) => {
    const queue = new WaitingQueue((unit, now) => (restamp ? restamped(unit, dissect, now) : unit));
    return Object.assign(queue, {
      push: ((unit, hit, now) => {
        if (hit === undefined) return queue.add(unit, now, now);
        const seconds = randomDelay(by, jitter, distribution, random);
        return queue.add(marked(unit, hit, `by ${seconds.toFixed(3)} s`), now + seconds * 1000, now);
      }) satisfies Stage['push'],
    });
  },
});
