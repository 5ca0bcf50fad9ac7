/** edit: fields of the message get other values, options go or come; lengths are repaired around them. */
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { checkEdit, type Edit, editMessage } from '../../dissect/edit.ts';
import { forward, marked, momentary } from '../stage.ts';
import { defineFault } from './kind.ts';
import { changedUnit, PROTOCOL, unitWith } from './patch.ts';
import type { ParameterRecord, ParameterValue } from './spec.ts';

interface Parameters {
  readonly set: ParameterRecord;
  readonly remove: string;
  readonly add: ParameterRecord;
  readonly place: number;
}

export const edit = defineFault<Parameters>({
  name: 'edit',
  summary: 'gives fields of the message other values, by name',
  trigger: 'message',
  parameters: {
    set: {
      type: 'fields',
      fallback: {},
      doc: 'fields and their new values: `binding-status=ABANDONED`, `IAPREFIX/valid-lifetime=0`',
    },
    remove: { type: 'word', fallback: '', doc: 'an option to take out, with everything in it' },
    add: { type: 'fields', fallback: {}, doc: 'an option to add behind the others (object form)' },
    place: {
      type: 'integer',
      fallback: 0,
      range: [0, 65_535],
      doc: 'change only the n-th place that fits; 0: all',
    },
  },
  describe: (parameters, subject) => `changes ${subject}: ${whatOf(parameters)},`,
  check: (parameters, dissectors) => {
    const edits = editsOf(parameters, dissectors);
    if (edits.length === 0) throw new InputError('fault edit: expected FIELD=VALUE, remove or add');
    for (const each of edits) checkEdit(dissectors, PROTOCOL, each);
  },
  stage: (parameters, { dissect, dissectors }) => {
    const edits = editsOf(parameters, dissectors);
    return momentary(
      (unit, hit, now) => {
        if (hit === undefined || unit.message === null) return [forward(unit)];
        const octets = unitWith(editMessage(dissectors, unit.message, edits).bytes, unit.message);
        return [forward(changedUnit(marked(unit, hit, whatOf(parameters)), octets, dissect, now))];
      },
      ({ message }) => message !== null && editMessage(dissectors, message, edits).count > 0,
    );
  },
});

function editsOf({ set, remove, add, place }: Parameters, dissectors: Dissectors): Edit[] {
  const nth = place === 0 ? {} : { nth: place };
  const edits: Edit[] = Object.entries(set).map(([name, value]) => ({
    do: 'set',
    place: fieldNamed(name),
    value: fitting(dissectors, fieldNamed(name), value),
    ...nth,
  }));
  if (remove !== '') edits.push({ do: 'remove', place: remove, ...nth });
  if (Object.keys(add).length > 0) edits.push({ do: 'add', option: add });
  return edits;
}

/** Octets in hex may look like a number: where no number fits, the text is meant. */
function fitting(dissectors: Dissectors, place: string, value: ParameterValue): string | number {
  const number = typed(value);
  if (number === value) return number;
  try {
    checkEdit(dissectors, PROTOCOL, { do: 'set', place, value: number });
    return number;
  } catch {
    return String(value);
  }
}

/** Shorter names, as people say them. */
const ALIASES: Readonly<Record<string, string>> = {
  state: 'server-state',
  flags: 'server-flags',
  status: 'status-code',
};

/** The field that is meant by the last name of a place. */
export function fieldNamed(place: string): string {
  const at = place.lastIndexOf('/') + 1;
  return `${place.slice(0, at)}${ALIASES[place.slice(at)] ?? place.slice(at)}`;
}

/** The short form knows only text: what looks like a number is one. */
export function typed(value: ParameterValue): string | number {
  const text = String(value);
  return /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : text;
}

function whatOf({ set, remove, add }: Parameters): string {
  const parts = Object.entries(set).map(([name, value]) => `${name} = ${value}`);
  if (remove !== '') parts.push(`without ${remove}`);
  parts.push(...Object.keys(add).map((name) => `with ${name}`));
  return parts.join(', ');
}
