/** Display filters for the terminal UI, which knows no dissectors. */
import type { Dissectors } from '../../dissect/compile.ts';
import { requireFilter } from '../../filter/compile.ts';
import type { FilterCompiler } from '../../tui/history.ts';

export function filterCompiler(dissectors: Dissectors): FilterCompiler {
  return (text) => {
    const filter = requireFilter(text, dissectors);
    return (message, notes) => filter.matches(message, notes);
  };
}
