/**
 * Packets of captures as blocks of a new pcapng file: octets, times, lengths and comments as they were. Interfaces are
 * described when their first packet comes. Where the blocks go is the caller's business.
 */
import type { Resolution } from '../base/timestamp.ts';
import { interfaceBlock, packetBlock, sectionHeaderBlock } from './pcapng-writer.ts';
import type { PacketRecord } from './record.ts';

/** Interfaces with names of their own; packets of further ones are put together by link type and resolution. */
const NAMED_INTERFACES_MAX = 256;

export class PacketCopy {
  /** Of packets that were written. */
  packets = 0;
  private readonly write: (block: Uint8Array) => void;
  /** By link type, resolution and name: the number of the interface. */
  private readonly interfaces = new Map<string, number>();

  /** `write` gets whole blocks, the section header at once; a block is to be written or copied before the next. */
  constructor(application: string, write: (block: Uint8Array) => void) {
    this.write = write;
    write(sectionHeaderBlock({ application }));
  }

  /** The packet that stands in `record`, with further comments behind its own. */
  add(record: PacketRecord, comments: readonly string[]): void {
    const { bytes, start, end, wireLength, unixSeconds, ticks, resolution } = record;
    this.packets++;
    this.write(
      packetBlock({
        interfaceId: this.interfaceOf(record),
        time: { unixSeconds, ticks, resolution },
        resolution,
        bytes: bytes.subarray(start, end),
        originalLength: wireLength,
        comments: [...(record.comments ?? []), ...comments],
      }),
    );
  }

  private interfaceOf({ linkType, interfaceName, resolution }: PacketRecord): number {
    const name = this.interfaces.size < NAMED_INTERFACES_MAX ? interfaceName : '';
    const named = keyOf(linkType, resolution, interfaceName);
    const known = this.interfaces.get(named) ?? this.interfaces.get(keyOf(linkType, resolution, name));
    if (known !== undefined) return known;
    const number = this.interfaces.size;
    this.interfaces.set(keyOf(linkType, resolution, name), number);
    this.write(interfaceBlock({ linkType, resolution, ...(name === '' ? {} : { name }) }));
    return number;
  }
}

function keyOf(linkType: number, { ticksPerSecond }: Resolution, name: string): string {
  return `${linkType} ${ticksPerSecond} ${name}`;
}
