/** refuse: new connections are reset as soon as they are made; connections that are up stay. */
import { forward, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';

export const refuse = defineFault<Record<never, never>>({
  name: 'refuse',
  summary: 'resets new connections as soon as they are made',
  trigger: 'connection',
  connecting: 'refuse',
  parameters: {},
  describe: () => 'refuses new connections',
  stage: () => momentary((unit) => [forward(unit)]),
});
