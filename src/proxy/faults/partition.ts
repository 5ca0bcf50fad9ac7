/**
 * partition: the two servers cannot reach each other. Nothing passes, nobody is told, new connections get no answer;
 * when it ends, what TCP would have repeated passes.
 */
import { defineFault } from './kind.ts';
import { stalled } from './stall.ts';

export const partition = defineFault<Record<never, never>>({
  name: 'partition',
  summary: 'lets nothing pass and answers no connection, until it ends',
  trigger: 'moment',
  connecting: 'wait',
  parameters: {},
  describe: () => 'lets nothing pass',
  stage: stalled,
});
