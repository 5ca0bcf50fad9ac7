/** The filter behind `-Y`, compiled. Loaded on demand: the parser alone costs more than reading a small file. */
import type { Dissectors } from '../../dissect/compile.ts';
import type { Filter } from '../../filter/compile.ts';

/** `undefined` if none was given. @throws InputError for one that cannot be compiled */
export async function filterFrom(
  text: string | undefined,
  dissectors: Dissectors,
): Promise<Filter | undefined> {
  if (text === undefined) return undefined;
  const { requireFilter } = await import('../../filter/compile.ts');
  return requireFilter(text, dissectors);
}
