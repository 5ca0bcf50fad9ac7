/**
 * Finds the next record behind octets that never came. Where it begins, and how many records were lost, is not known;
 * but only the right place and number open it. Sans-IO and bounded.
 */
import { concatBytes, NO_BYTES, readU16 } from '../base/bytes.ts';
import { RECORD_OCTETS_MAX, SEARCH_TRIES_MAX } from './limits.ts';
import type { Opened, Opener } from './opener.ts';
import { isHeader, RECORD_HEADER_OCTETS } from './records.ts';

/** The shortest record that seals anything: an octet and its tag. */
const SEALED_OCTETS_MIN = RECORD_HEADER_OCTETS + 17;
/** More garbage than this before a record does not come from the record that was cut. */
const WINDOW_OCTETS = 4 * (RECORD_HEADER_OCTETS + RECORD_OCTETS_MAX);

export interface FoundRecord {
  readonly opened: Opened;
  /** What follows the record. */
  readonly rest: Uint8Array;
}

export class RecordSearch {
  private readonly opener: Opener;
  private readonly lostMax: number;
  private octets: Uint8Array = NO_BYTES;
  /** Places in `octets` where no record opened. */
  private tried = new Set<number>();
  private tries = 0;

  /** `missing`: octets that were not seen, from the end of the last whole record on. */
  constructor(opener: Opener, missing: number) {
    this.opener = opener;
    this.lostMax = Math.ceil(missing / SEALED_OCTETS_MIN);
  }

  /** Takes the next octets. `hopeless`: there will be nothing, however long one waits. */
  push(bytes: Uint8Array): FoundRecord | 'wait' | 'hopeless' {
    this.octets = concatBytes([this.octets, bytes]);
    const octets = this.octets;
    for (let at = 0; at + SEALED_OCTETS_MIN <= octets.length; at++) {
      if (this.tried.has(at) || !isHeader(octets, at)) continue;
      const end = at + RECORD_HEADER_OCTETS + readU16(octets, at + 3);
      if (end > octets.length) continue;
      this.tried.add(at);
      const opened = this.open(octets.subarray(at, end));
      if (opened !== undefined) return { opened, rest: octets.subarray(end) };
    }
    return octets.length > WINDOW_OCTETS || this.tries >= SEARCH_TRIES_MAX ? 'hopeless' : 'wait';
  }

  private open(octets: Uint8Array): Opened | undefined {
    const record = { type: octets[0] as number, octets };
    for (let lost = 0; lost <= this.lostMax && this.tries < SEARCH_TRIES_MAX; lost++) {
      this.tries++;
      const opened = this.opener.open(record, lost);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }
}
