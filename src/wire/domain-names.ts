/**
 * Lists of domain names as DHCPv6 carries them: RFC 1035 labels without compression (RFC 8415 §10). Names are text
 * with a final dot. Only letters, digits, hyphen and underscore are read as a name; anything else stays octets.
 */
import type { Codec } from './codec.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

const LABEL_MAX = 63;
/** Octets of a name, with lengths and root label (RFC 1035 §3.1). */
const NAME_MAX = 255;
const NAMES_MAX = 64;
const LABEL = /^[A-Za-z0-9_-]+$/;

export const domainNames: Codec<readonly string[]> = {
  size: 0,
  open: true,
  read(reader) {
    const names: string[] = [];
    while (reader.left > 0) {
      const name = readName(reader);
      if (name === undefined || names.length === NAMES_MAX) return undefined;
      names.push(name);
    }
    return names;
  },
  write(writer, names) {
    for (const name of names) writeName(writer, name);
  },
};

/** Whether `name`, with or without final dot, can be written. */
export function isDomainName(name: string): boolean {
  const labels = labelsOf(name);
  return (
    labels.length > 0 &&
    labels.every((label) => label.length <= LABEL_MAX && LABEL.test(label)) &&
    labels.reduce((length, label) => length + 1 + label.length, 1) <= NAME_MAX
  );
}

function labelsOf(name: string): string[] {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  return bare === '' ? [] : bare.split('.');
}

function readName(reader: Reader): string | undefined {
  const start = reader.at;
  let name = '';
  for (;;) {
    if (reader.left < 1) return undefined;
    const length = reader.u8();
    if (length === 0) return name === '' ? '.' : name;
    if (length > LABEL_MAX || length > reader.left || reader.at + length + 1 - start > NAME_MAX)
      return undefined;
    let label = '';
    for (let index = 0; index < length; index++) label += String.fromCharCode(reader.u8());
    if (!LABEL.test(label)) return undefined;
    name += `${label}.`;
  }
}

function writeName(writer: Writer, name: string): void {
  for (const label of labelsOf(name)) {
    writer.u8(label.length);
    writer.text(label);
  }
  writer.u8(0);
}
