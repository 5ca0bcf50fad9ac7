/** The columns that `-o` names: those of the listing, and every name of the filter language. */
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { FilterField, ValueKind } from '../../filter/fields.ts';
import { filterNames, type Named } from '../../filter/names.ts';
import { type Column, DEFAULT_COLUMNS, TEXT_COLUMNS } from '../../render/text.ts';
import { cellOf } from './cells.ts';

/** Room for most values of a kind; longer ones push the rest of their line. */
const WIDTHS: Readonly<Record<ValueKind, number>> = {
  number: 6,
  seconds: 9,
  name: 12,
  text: 12,
  address: 24,
  bytes: 28,
  'time-2000': 10,
  'time-1970': 10,
  'unix-time': 17,
};

/** @throws InputError for a name that there is not */
export function columnsNamed(names: string | undefined, dissectors: Dissectors): readonly Column[] {
  return namesOf(names).map((name) => TEXT_COLUMNS.get(name) ?? fieldColumn(name, dissectors));
}

/** What has to be known of other messages for each. */
export function needsOfColumns(
  names: string | undefined,
  dissectors: Dissectors,
): readonly FilterField['needs'][] {
  const others = namesOf(names).filter((name) => !TEXT_COLUMNS.has(name));
  return others.map((name) => named(name, dissectors).field.needs);
}

function namesOf(names: string | undefined): readonly string[] {
  return names === undefined ? DEFAULT_COLUMNS : names.split(',').map((name) => name.trim());
}

function named(name: string, dissectors: Dissectors): Named {
  const result = filterNames(dissectors).resolve({ text: name, quoted: false, at: 0 });
  if (result.ok) return result.named;
  throw new InputError(
    `-o ${name}: ${result.problem.message}; columns are ${[...TEXT_COLUMNS.keys()].join(', ')} and the names of filters`,
  );
}

function fieldColumn(name: string, dissectors: Dissectors): Column {
  const of = named(name, dissectors);
  return {
    name,
    width: WIDTHS[of.field.kind],
    help: of.field.help,
    foreign: true,
    put: (out, message, notes) => {
      const text = cellOf(of, message, notes).join(',');
      out.putText(text === '' ? '-' : text);
    },
    style: () => 'plain',
  };
}
