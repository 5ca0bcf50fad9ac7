/**
 * From packets to flows: link layer, IP with fragments, then TCP or UDP, one packet after another. Packets that carry
 * nothing for us are counted by reason; whatever they hold, nothing here throws.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { Flow, FlowSink } from '../base/flow.ts';
import { FlowKey, FlowTable } from './flow-table.ts';
import { Fragments } from './fragments.ts';
import { type IpOutcome, IpReader, PROTOCOL_TCP, PROTOCOL_UDP } from './ip.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, LinkReader } from './link.ts';
import { isReadLinkType, refusalOfLinkType } from './link-types.ts';
import { Moment } from './moment.ts';
import { PacketOrder } from './packet-order.ts';
import type { PacketRecord } from './record.ts';
import type { Tally } from './tally.ts';
import { TCP_ACK, TCP_SYN, TcpConnection } from './tcp-connection.ts';
import { Words } from './words.ts';

const NO_PACKETS: readonly number[] = [];
const TCP_HEADER_OCTETS = 20;
const UDP_HEADER_OCTETS = 8;

/** The TCP segment at hand: overwritten by the next. */
class SegmentAtHand {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  cut = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
}

export class Packets {
  readonly moment = new Moment();
  tcpFlows = 0;
  udpFlows = 0;
  /** Where the packet that was taken last belongs, if it carries anything for us. */
  flow: Flow | null = null;
  /** Numbers of the packets whose fragments it has completed. */
  fragmentsOf: readonly number[] = NO_PACKETS;
  private readonly sink: PacketOrder;
  private readonly tally: Tally;
  private readonly link: LinkReader;
  private readonly ip: IpReader;
  private readonly fragments: Fragments;
  private readonly flows = new FlowTable();
  private readonly key = new FlowKey();
  private readonly segment = new SegmentAtHand();
  private readonly words = new Words();

  constructor(sink: FlowSink, tally: Tally) {
    this.sink = new PacketOrder(sink, tally);
    this.tally = tally;
    this.link = new LinkReader(tally.limits);
    this.ip = new IpReader(tally.limits);
    this.fragments = new Fragments(tally.limits);
  }

  /** Takes the packet that stands in `record`. */
  take(record: PacketRecord): void {
    this.moment.advance(record);
    this.flow = null;
    this.fragmentsOf = NO_PACKETS;
    if (record.unwanted) return;
    this.network(record);
    this.sink.settle(record.end - record.start, record.unixSeconds);
  }

  private network(record: PacketRecord): void {
    const { link, ip } = this;
    if (record.fault !== null) {
      this.tally.skip('packet-block', record.fault);
      return;
    }
    const { bytes, start, end, linkType } = record;
    if (!link.read(linkType, bytes, start, end)) {
      if (isReadLinkType(linkType)) this.tally.skip('cut-header', 'headers that the capture cut off');
      else this.tally.skip('link-type', refusalOfLinkType(linkType));
      return;
    }
    const wireEnd = start + record.wireLength;
    let outcome: IpOutcome;
    if (link.etherType === ETHERTYPE_IPV6) outcome = ip.readIpv6(bytes, link.at, end, wireEnd);
    else if (link.etherType === ETHERTYPE_IPV4) outcome = ip.readIpv4(bytes, link.at, end, wireEnd);
    else {
      this.tally.skip('not-ip', 'not IP');
      return;
    }
    if (outcome === 'whole') this.transport(bytes, bytes);
    else if (outcome === 'fragment') this.fragment(bytes);
    else this.refuse(outcome);
  }

  /** After the last packet: tells what streams still hold, and counts what never became whole. */
  finish(): void {
    if (this.moment.packet === 0) return;
    for (const entry of this.flows.entries()) entry.tcp?.finish(this.moment, false);
    this.sink.finish();
    const { fragments, tally } = this;
    tally.skip(
      'fragments',
      'IP datagrams of which fragments are missing',
      fragments.pending + fragments.timedOut,
    );
    tally.skip('fragment', 'IP fragments that fit no datagram', fragments.refused);
    tally.hit('fragmentedDatagramsMax', fragments.crowdedOut);
    tally.hit('fragmentsMax', fragments.tooManyPieces);
  }

  private refuse(outcome: IpOutcome): void {
    if (outcome === 'cut') this.tally.skip('cut-header', 'headers that the capture cut off');
    else if (outcome === 'limit') this.tally.hit('headersMax');
    else this.tally.skip('malformed-header', 'malformed IP, TCP or UDP headers');
  }

  private fragment(bytes: Uint8Array): void {
    const { ip } = this;
    const datagram = this.fragments.add(ip, bytes, this.moment);
    if (datagram === undefined) return;
    this.fragmentsOf = datagram.packets;
    ip.span(0, datagram.bytes.length, datagram.bytes.length);
    ip.protocol = datagram.protocol;
    const outcome = ip.version === 6 ? ip.extensionHeaders(datagram.bytes, datagram.protocol) : 'whole';
    if (outcome === 'whole') this.transport(datagram.bytes, bytes);
    else this.refuse('malformed');
  }

  /** `ip` has read a payload that lies in `bytes`; its addresses lie in `header`. */
  private transport(bytes: Uint8Array, header: Uint8Array): void {
    const { protocol } = this.ip;
    if (protocol === PROTOCOL_TCP) this.tcp(bytes, header);
    else if (protocol === PROTOCOL_UDP) this.udp(bytes, header);
    else this.tally.skip('not-tcp-or-udp', 'neither TCP nor UDP');
  }

  private tcp(bytes: Uint8Array, header: Uint8Array): void {
    const { ip, segment } = this;
    const { at, captured, end } = ip;
    if (end - at < TCP_HEADER_OCTETS) {
      this.refuse('malformed');
      return;
    }
    if (captured - at < TCP_HEADER_OCTETS) {
      this.refuse('cut');
      return;
    }
    const headerOctets = ((bytes[at + 12] as number) >> 4) * 4;
    if (headerOctets < TCP_HEADER_OCTETS || headerOctets > end - at) {
      this.refuse('malformed');
      return;
    }
    segment.bytes = bytes;
    segment.start = Math.min(at + headerOctets, captured);
    segment.end = captured;
    segment.cut = end - Math.max(captured, at + headerOctets);
    segment.sequence = readU32(bytes, at + 4);
    segment.acknowledgement = readU32(bytes, at + 8);
    segment.flags = bytes[at + 13] as number;
    this.setKey('tcp', bytes, header);
    this.connection()?.segment(segment, this.flows.direction, this.moment);
  }

  private connection(): TcpConnection | null {
    const { flows, key, segment, moment } = this;
    const known = flows.find(key);
    if (known !== null) {
      const connection = known.tcp as TcpConnection;
      this.flow = known.flow;
      if (!connection.isSucceededBy(segment, flows.direction, moment)) return connection;
      connection.finish(moment, true);
      flows.remove(known);
    }
    const { flags } = segment;
    const answersSyn = (flags & (TCP_SYN | TCP_ACK)) === (TCP_SYN | TCP_ACK);
    this.makeRoom();
    const entry = flows.add(this.tcpFlows++ + this.udpFlows, key, answersSyn ? 1 : 0);
    this.flow = entry.flow;
    entry.tcp = new TcpConnection(entry.flow, this.sink, this.tally);
    const midStream = (flags & TCP_SYN) === 0;
    this.sink.open(entry.flow, moment.seen, midStream);
    return entry.tcp;
  }

  private udp(bytes: Uint8Array, header: Uint8Array): void {
    const { ip, flows, key, moment } = this;
    const { at, captured, end } = ip;
    if (end - at < UDP_HEADER_OCTETS) {
      this.refuse('malformed');
      return;
    }
    if (captured - at < UDP_HEADER_OCTETS) {
      this.refuse('cut');
      return;
    }
    const length = readU16(bytes, at + 4);
    // 0: a jumbogram, or offload.
    const stop = length === 0 ? end : at + length;
    if (length !== 0 && length < UDP_HEADER_OCTETS) {
      this.refuse('malformed');
      return;
    }
    this.setKey('udp', bytes, header);
    let entry = flows.find(key);
    if (entry === null) {
      this.makeRoom();
      entry = flows.add(this.tcpFlows + this.udpFlows++, key, 0);
      this.sink.open(entry.flow, moment.seen, false);
    }
    this.flow = entry.flow;
    // A length that says more than the IP packet holds is like one of which the capture has cut the end.
    const dataEnd = Math.min(captured, stop, end);
    this.sink.data(entry.flow, flows.direction, bytes, at + UDP_HEADER_OCTETS, dataEnd, moment.seen);
    if (stop > dataEnd) this.sink.gap(entry.flow, flows.direction, stop - dataEnd, moment.seen);
  }

  private setKey(transport: 'tcp' | 'udp', bytes: Uint8Array, header: Uint8Array): void {
    const { ip, key } = this;
    key.transport = transport;
    key.setAddresses(ip.version, this.words.of(header), ip.source, ip.destination);
    key.sourcePort = readU16(bytes, ip.at);
    key.destinationPort = readU16(bytes, ip.at + 2);
  }

  /** Lets the flow that was quiet for longest give way to a new one, if there are too many. */
  private makeRoom(): void {
    const victim = this.flows.victimFor(this.key, this.tally.limits.flowsMax);
    if (victim === null) return;
    this.tally.hit('flowsMax');
    if (victim.tcp !== null) victim.tcp.finish(this.moment, true);
    else this.sink.close(victim.flow, 0, 'lost', this.moment.seen);
    this.flows.remove(victim);
  }
}
