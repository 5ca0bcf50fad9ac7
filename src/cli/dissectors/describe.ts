/** Dissector files for people: which there are, and what one message, option or enterprise looks like. */
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type {
  Definition,
  DefinitionFile,
  FieldDefinition,
  MessageDefinition,
  OptionDefinition,
  ProtocolDefinition,
} from '../../dissect/definition.ts';

/** One line a file: name, what it defines, how much, and where that comes from. */
export function listLines(dissectors: Dissectors): string[] {
  const rows = dissectors.files.map(({ file, definition }) => [
    nameOf(definition),
    counts(definition),
    file,
    `${definition.title}, ${definition.reference}`,
  ]);
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => (row[at] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `dhcpv6-failover`, or `enterprise 311`. */
function nameOf(definition: Definition): string {
  return definition.kind === 'protocol' ? definition.protocol : `enterprise ${definition.enterprise}`;
}

function counts(definition: Definition): string {
  const options = definition.options.length + sum(definition.spaces.map((space) => space.options.length));
  return definition.kind === 'protocol'
    ? `${definition.messages.length} messages, ${options} options`
    : `${options} sub-options`;
}

/**
 * The lines of everything that is called `wanted`: a protocol or enterprise, or a message or option by name or code.
 * @throws InputError if there is no such thing
 */
export function showLines(dissectors: Dissectors, wanted: string): string[] {
  const lines = dissectors.files.flatMap((file) => showInFile(file, wanted.toUpperCase()));
  if (lines.length > 0) return lines;
  throw new InputError(`nothing is called "${wanted}"${suggestion(wanted, allNames(dissectors))}`);
}

function showInFile({ file, definition }: DefinitionFile, wanted: string): string[] {
  const is = (name: string, code: number) => name.toUpperCase() === wanted || `${code}` === wanted;
  const heading = `${nameOf(definition)} (${file})`;
  if (nameOf(definition).toUpperCase() === wanted) return [heading, ...contentsLines(definition)];
  const messages = definition.kind === 'protocol' ? definition.messages : [];
  const found = [
    ...messages
      .filter((message) => is(message.name, message.code))
      .map((message) => messageLines(definition as ProtocolDefinition, message)),
    ...allOptions(definition)
      .filter(({ option }) => is(option.name, option.code))
      .map(({ option, space }) => optionLines(definition, option, space)),
  ];
  return found.flatMap((lines) => [heading, ...lines, '']);
}

function contentsLines(definition: Definition): string[] {
  const messages = definition.kind === 'protocol' ? definition.messages : [];
  return [
    ...messages.map(({ code, name, section }) => entryLine('message', code, name, section)),
    ...allOptions(definition).map(({ option, space }) =>
      entryLine(
        space === undefined ? 'option' : `option of ${space}`,
        option.code,
        option.name,
        option.section,
      ),
    ),
  ];
}

function entryLine(kind: string, code: number, name: string, section: string | undefined): string {
  return `  ${kind} ${code} ${name}${section === undefined ? '' : `, ${section}`}`;
}

function messageLines(protocol: ProtocolDefinition, message: MessageDefinition): string[] {
  const fields = protocol.headers.get(message.header) ?? [];
  return [
    entryLine('message', message.code, message.name, message.section),
    ...fields.map((field) => fieldLine(protocol, field)),
    '    options',
  ];
}

function optionLines(definition: Definition, option: OptionDefinition, space: string | undefined): string[] {
  const inside = option.encapsulates === undefined ? [] : [`    options (${option.encapsulates} space)`];
  return [
    entryLine(
      space === undefined ? 'option' : `option of ${space}`,
      option.code,
      option.name,
      option.section,
    ),
    ...option.fields.map((field) => fieldLine(definition, field)),
    ...inside,
    ...option.examples.map((example) => `    example ${example.hex}`),
  ];
}

function fieldLine(definition: Definition, field: FieldDefinition): string {
  const parts = [`    ${field.name}: ${field.type}`];
  if (field.length !== undefined) parts.push(`${field.length} octets`);
  if (field.repeat === true) parts.push('repeated');
  if (field.counted !== undefined) parts.push(`behind its length (${field.counted})`);
  if (field.optional === true) parts.push('optional');
  if (field.unit !== undefined) parts.push(field.unit);
  if (field.enum !== undefined) parts.push(namesText(definition.enums.get(field.enum)));
  if (field.flags !== undefined) parts.push(`bits ${namesText(field.flags)}`);
  return parts.join(', ');
}

function namesText(names: ReadonlyMap<number, string> | undefined): string {
  return [...(names ?? [])].map(([code, name]) => `${code} ${name}`).join(' | ');
}

function allOptions(definition: Definition): { option: OptionDefinition; space: string | undefined }[] {
  return [
    ...definition.options.map((option) => ({ option, space: undefined })),
    ...definition.spaces.flatMap((space) =>
      space.options.map((option) => ({ option, space: space.name as string | undefined })),
    ),
  ];
}

function allNames(dissectors: Dissectors): string[] {
  return dissectors.files.flatMap(({ definition }) => [
    nameOf(definition),
    ...(definition.kind === 'protocol' ? definition.messages.map((message) => message.name) : []),
    ...allOptions(definition).map(({ option }) => option.name),
  ]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
