/** `-T fields`: chosen fields of each message, one line a message, as in tshark: names are those of the filter language. */
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { FilterField } from '../../filter/fields.ts';
import { filterNames, type Named } from '../../filter/names.ts';
import { cellOf } from './cells.ts';
import type { Format, FormatChoice, LineSink } from './format.ts';

interface FieldSettings {
  /** Whether a byte order mark comes first, by which Excel knows UTF-8. */
  readonly bom: boolean;
  readonly header: boolean;
  readonly separator: string;
  readonly quote: string;
  readonly aggregator: string;
  /** First, last or all values of a field. */
  readonly occurrence: 'f' | 'l' | 'a';
}

const BYTE_ORDER_MARK = '\ufeff';
const SEPARATORS: Readonly<Record<string, string>> = { '/t': '\t', '/s': ' ' };
const QUOTES: Readonly<Record<string, string>> = { d: '"', s: "'", n: '' };

/** Reads `header=y` and the like. @throws InputError */
export function fieldSettings(given: readonly string[]): FieldSettings {
  const settings = {
    bom: false,
    header: false,
    separator: '\t',
    quote: '',
    aggregator: ',',
    occurrence: 'a' as 'f' | 'l' | 'a',
  };
  for (const text of given) {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
    if (name === 'bom' && /^[yn]$/.test(value)) settings.bom = value === 'y';
    else if (name === 'header' && /^[yn]$/.test(value)) settings.header = value === 'y';
    else if (name === 'separator' && value !== '') settings.separator = SEPARATORS[value] ?? value;
    else if (name === 'quote' && QUOTES[value] !== undefined) settings.quote = QUOTES[value];
    else if (name === 'aggregator' && value !== '') settings.aggregator = SEPARATORS[value] ?? value;
    else if (name === 'occurrence' && (value === 'f' || value === 'l' || value === 'a'))
      settings.occurrence = value;
    else {
      throw new InputError(
        `-E ${text}: expected bom=y|n, header=y|n, separator=CHARACTER, quote=d|s|n, aggregator=CHARACTER or occurrence=f|l|a`,
      );
    }
  }
  return settings;
}

/** @throws InputError for a name that there is not */
export function fieldsFormat(
  choice: Pick<FormatChoice, 'fields' | 'fieldSettings' | 'dissectors' | 'continues'>,
  out: LineSink,
): Format {
  const { fields: names, dissectors } = choice;
  if (names.length === 0) throw new InputError('-T fields needs at least one -e FIELD');
  const settings = fieldSettings(choice.fieldSettings);
  const fields = names.map((name) => resolved(name, dissectors));
  let mark = settings.bom && choice.continues === undefined ? BYTE_ORDER_MARK : '';
  const line = (cells: readonly string[]): void => {
    out.line(mark + cells.join(settings.separator));
    mark = '';
  };
  if (settings.header && choice.continues === undefined) line(names);
  return (message, notes) => {
    const cells = fields.map((field) => {
      const values = chosen(cellOf(field, message, notes), settings);
      return quoted(values.join(settings.aggregator), settings.quote);
    });
    line(cells);
  };
}

/** What has to be known of other messages for each. @throws InputError for a name that there is not */
export function needsOfFields(
  names: readonly string[],
  dissectors: Dissectors,
): readonly FilterField['needs'][] {
  return names.map((name) => resolved(name, dissectors).field.needs);
}

function resolved(name: string, dissectors: Dissectors): Named {
  const result = filterNames(dissectors).resolve({ text: name, quoted: false, at: 0 });
  if (!result.ok) throw new InputError(`-e ${name}: ${result.problem.message}`);
  return result.named;
}

function chosen(values: readonly string[], { occurrence }: FieldSettings): readonly string[] {
  if (occurrence === 'a') return values;
  return occurrence === 'f' ? values.slice(0, 1) : values.slice(-1);
}

function quoted(text: string, quote: string): string {
  return quote === '' ? text : quote + text.replaceAll(quote, quote + quote) + quote;
}
