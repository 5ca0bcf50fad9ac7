/** Where the two failover protocols keep what statistics read of every frame: header numbers and the reason of a refusal. */
import { readU16, readU24, readU32 } from '../base/bytes.ts';
import type { Frame, ProtocolName } from '../base/frame.ts';
import { EPOCH_2000_UNIX_SECONDS, wrapSeconds } from '../base/time.ts';
import { STATUS_SUCCESS } from '../dissect/vocabulary.ts';
import { worstStatus } from './worst-status.ts';

export interface Layout {
  /** Fewest octets of a frame in which everything below is there. */
  readonly headerOctets: number;
  transactionId(frame: Frame): number;
  /** Absolute seconds since 2000. */
  sentTime(frame: Frame): number;
  /** Status code or reject-reason; 0 if nothing was refused. */
  status(frame: Frame): number;
}

/** RFC 8156 §5.2. */
const V6: Layout = {
  headerOctets: 8,
  transactionId: ({ bytes, start }) => readU24(bytes, start + 1),
  sentTime: ({ bytes, start }) => readU32(bytes, start + 4),
  status: ({ bytes, start, end }) => worstStatus(bytes, start + 8, end),
};

const V4_HEADER_OCTETS = 10;
const V4_REJECT_REASON = 21;

/** draft-ietf-dhc-failover-12 §6.1: type, payload offset, time since 1970, xid; then options without nesting. */
const V4: Layout = {
  headerOctets: V4_HEADER_OCTETS,
  transactionId: ({ bytes, start }) => readU32(bytes, start + 6),
  sentTime: ({ bytes, start }) => wrapSeconds(readU32(bytes, start + 2) - EPOCH_2000_UNIX_SECONDS),
  status: ({ bytes, start, end }) => {
    for (let at = start + V4_HEADER_OCTETS; at + 4 < end; at += 4 + readU16(bytes, at + 2)) {
      if (readU16(bytes, at) === V4_REJECT_REASON) return bytes[at + 4] as number;
    }
    return STATUS_SUCCESS;
  },
};

export const LAYOUTS: ReadonlyMap<ProtocolName, Layout> = new Map([
  ['dhcpv6-failover', V6],
  ['dhcpv4-failover', V4],
]);
