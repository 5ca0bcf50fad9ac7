/** Goal: `-E` means what it means to tshark. */
import { expect, it } from 'vitest';
import { fieldsFormat } from '../../../src/cli/read/fields.ts';
import type { LineSink } from '../../../src/cli/read/format.ts';
import { dissect } from '../../../src/dissect/dissect.ts';
import { JsonBuffer } from '../../../src/dissect/json-buffer.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { Dialogue } from '../../support/dialogue.ts';

const dissectors = loadDissectors();

/** Two CONTACT messages from port 50000 or the like to 647. */
function printed(...fieldSettings: string[]): string[] {
  const lines: string[] = [];
  const out: LineSink = {
    line: (text) => lines.push(text),
    buffer: new JsonBuffer(),
    written: () => undefined,
  };
  const print = fieldsFormat({ fields: ['type', 'frame', 'mclt'], fieldSettings, dissectors }, out);
  const dialogue = new Dialogue();
  for (const { frame, index } of [dialogue.say('p', 35, 1, 0), dialogue.say('s', 35, 2, 1)])
    print(dissect(dissectors, frame, index), {});
  return lines;
}

it.each([
  [[], ['CONTACT\t1\t', 'CONTACT\t2\t']],
  [
    ['separator=,', 'quote=d'],
    ['"CONTACT","1",""', '"CONTACT","2",""'],
  ],
  [['bom=y'], ['\ufeffCONTACT\t1\t', 'CONTACT\t2\t']],
  [
    ['header=y', 'bom=y', 'separator=/s'],
    ['\ufefftype frame mclt', 'CONTACT 1 ', 'CONTACT 2 '],
  ],
  [
    ['bom=y', 'bom=n'],
    ['CONTACT\t1\t', 'CONTACT\t2\t'],
  ],
])('-E %j', (settings, lines) => {
  expect(printed(...settings)).toEqual(lines);
});

it.each(['bom', 'bom=x', 'escape=n', 'separator='])('-E %s is refused with what there is', (setting) => {
  expect(() => printed(setting)).toThrow(`-E ${setting}: expected bom=y|n, header=y|n, separator=CHARACTER`);
});
