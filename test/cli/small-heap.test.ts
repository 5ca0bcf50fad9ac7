/** V8 compares its flags with those that code was compiled with: threads must begin with the usual ones, or compile all of Node. */
import { Script } from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import { keepNewSpaceSmall, letNewSpaceGrow } from '../../src/cli/small-heap.ts';

afterEach(letNewSpaceGrow);

/** Compiles now; says later whether that is taken. Under another name then, because V8 remembers what it has compiled. */
function compiled(text: string): () => boolean | undefined {
  const cachedData = new Script(text).createCachedData();
  return () => new Script(text, { cachedData, filename: text }).cachedDataRejected;
}

it('code that was compiled before is taken again once new objects may have more room again', () => {
  const isRefusedFirst = compiled('exports.first = 1');
  const isRefusedThen = compiled('exports.second = 2');
  keepNewSpaceSmall();
  expect(isRefusedFirst()).toBe(true);
  letNewSpaceGrow();
  expect(isRefusedThen()).toBe(false);
});
