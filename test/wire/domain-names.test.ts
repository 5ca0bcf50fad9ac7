/** Goal: names of RFC 1035 §3.1 as octets by hand, and not more of them than a client can use. */
import { describe, expect, it } from 'vitest';
import { domainNames, isDomainName } from '../../src/wire/domain-names.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';

/** `a.bc.` */
const NAME = [1, 0x61, 2, 0x62, 0x63, 0];

function read(octets: readonly number[]): readonly string[] | undefined {
  return domainNames.read(new Reader(Uint8Array.from(octets)));
}

/** A name of one label of so many letters. */
function labelled(letters: number): number[] {
  return [letters, ...Array<number>(letters).fill(0x61), 0];
}

describe('domain names', () => {
  it('are labels with their lengths, both ways', () => {
    expect(read([...NAME, 0])).toEqual(['a.bc.', '.']);
    const writer = new Writer();
    domainNames.write(writer, ['a.bc.']);
    expect([...writer.take()]).toEqual(NAME);
  });

  it('are sixty-four at most', () => {
    const names = (count: number) => Array.from({ length: count }, () => NAME).flat();
    expect(read(names(64))).toHaveLength(64);
    expect(read(names(65))).toBeUndefined();
  });

  it('have labels of 63 octets at most, and 255 with their lengths', () => {
    expect(read(labelled(63))).toHaveLength(1);
    expect(read(labelled(64))).toBeUndefined();
    const label = labelled(63).slice(0, -1);
    const last = (letters: number) => labelled(letters);
    expect(read([...label, ...label, ...label, ...last(61)])).toHaveLength(1);
    expect(read([...label, ...label, ...label, ...last(62)])).toBeUndefined();
    const text = `${`${'a'.repeat(63)}.`.repeat(3)}`;
    expect([isDomainName(text + 'a'.repeat(61)), isDomainName(text + 'a'.repeat(62))]).toEqual([true, false]);
  });
});
