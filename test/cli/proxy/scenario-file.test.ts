/** Goal: a mistake in a file of a scenario or of faults is told with file, line, column and key. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFaultsFile } from '../../../src/cli/proxy/faults-file.ts';
import { readScenario } from '../../../src/cli/proxy/scenario-file.ts';
import { DISSECTORS } from '../../dissect/captured.ts';
import { temporaryFolder } from '../../support/process.ts';

function file(text: string): string {
  const path = join(temporaryFolder(), 'x.yaml');
  writeFileSync(path, text);
  return path;
}

describe('a file of a scenario', () => {
  const HEAD = 'name: n\nabout: a\nphases:\n  - name: p\n';

  it.each([
    [
      `${HEAD}    expect: [both NORMAL, it works]\n`,
      ':5:27: phases[0].expect[1]: expect "it works": expected',
    ],
    [`${HEAD}    faults:\n      - drop\n      - dorp\n`, ':7:9: phases[0].faults[1]: unknown fault "dorp"'],
    [
      `${HEAD}    faults:\n      - { do: delay, by: soon }\n`,
      ':6:22: phases[0].faults[0]: fault delay: by: expected a time',
    ],
    [
      `${HEAD}    faults:\n      - do: drop\n        when: typ == 1\n`,
      ':7:9: phases[0].faults[0]: filter: unknown name "typ"',
    ],
    [
      `${HEAD}    faults:\n      - do: delay\n        parameters:\n          by: never\n`,
      ':8:11: phases[0].faults[0]: fault delay: by: expected a time',
    ],
    [`${HEAD}    duration: ever\n`, ':5:5: phases[0].duration: expected a time'],
    [`${HEAD}    fault: []\n`, ':5:5: phases[0]: unknown key "fault"'],
    [`${HEAD}    orders: [1]\n`, ':5:14: phases[0].orders[0]: expected a line'],
    [`${HEAD}heal:\n  - 3 BNDUPT\n`, ':6:5: heal[0]: expect "3 BNDUPT": expected a message type'],
    [`${HEAD}seed: x\n`, ':5:1: seed: expected a whole number'],
    [`${HEAD}transitions: [up]\n`, ':5:15: transitions[0]: expected a line'],
    ['about: a\nphases: []\n', ':2:1: phases: expected 1 to 200'],
    ['name: n\nabout: a\nphases:\n  - {}\n', ':4:5: phases[0].name: expected what the phase is about'],
    ['- a\n', ':1:1: scenario: expected an object'],
    ['', ':1:1: the file is empty'],
  ])('%j says where it is wrong', (text, message) => {
    const path = file(text);
    expect(() => readScenario(path, DISSECTORS)).toThrow(`${path}${message}`);
  });
});

describe('a file of faults', () => {
  it.each([
    ['faults:\n  - { do: dorp }\n', ':2:7: unknown fault "dorp"'],
    ['faults:\n  - do: drop\n    nth: 0\n', ':3:5: fault drop: nth: expected a whole number from 1'],
    ['faults:\n  - do: drop\n    types: BNDUDP\n', ':3:5: fault drop: there is no message BNDUDP'],
    [
      'faults:\n  - do: drop\n    while: primary is TIRED\n',
      ':3:5: fault drop: while primary is: expected one of',
    ],
    ['faults:\n  - do: drop\n    id: a b\n', ':3:5: fault drop: id: expected a letter'],
    ['faults:\n  - do: drop\n    buy: 7s\n', ':3:5: fault drop: unknown parameter "buy"'],
    ['faults:\n  - do: drop\n    direction: up\n', ':3:5: direction: expected p>s, s>p or both'],
    ['- do: delay\n  parameters: { bye: 3s }\n', ':2:17: fault delay: unknown parameter "bye"'],
    ['- drop\n- drop nth\n', ':2:3: fault "drop nth": expected a number'],
  ])('%j says where it is wrong', (text, message) => {
    const path = file(text);
    expect(() => readFaultsFile(path, DISSECTORS)).toThrow(`${path}${message}`);
  });
});
