/**
 * The terminal UI on a made-up session, for the test of the terminal: one note that tries to colour the screen, faults
 * that can be armed, commands that are repeated. With `throw` as argument it throws after a moment.
 */
import { onInterrupt, signalExitCode } from '../../dist/cli/interrupt.js';
import { runTui } from '../../dist/tui/terminal.js';

const faults = [];
let listener = () => {};
const session = {
  title: 'harness',
  live: true,
  subscribe: (given) => {
    listener = given;
    given({ kind: 'note', atMillis: Date.now(), text: 'hello\x1b[31m', alarming: false });
    return () => {};
  },
  faults: {
    arm: async (spec) => {
      const fault = {
        id: `F${faults.length + 1}`,
        spec,
        sentence: `does ${spec.do}`,
        seed: 1,
        matched: 0,
        hits: 0,
        heldOctets: 0,
        armedMillis: Date.now(),
      };
      faults.push(fault);
      listener({ kind: 'faults', faults: [...faults] });
      return fault;
    },
    remove: async () => {},
  },
  command: async (line) => `heard ${line}`,
};

const interrupt = onInterrupt();
if (process.argv.includes('throw')) setTimeout(() => JSON.parse('thrown on purpose'), 300);
await runTui(session, {
  input: process.stdin,
  output: process.stdout,
  environment: process.env,
  signal: interrupt.signal,
});
interrupt.release();
process.stdout.write('left\n');
process.exitCode = interrupt.signal.aborted ? signalExitCode(interrupt.signal.reason) : 0;
