/**
 * Makes the captures that the benchmarks read: classic pcap, Ethernet, one connection with right sequence numbers and
 * checksums. The receiver acknowledges every second data segment by itself, as hosts do: without those packets tshark's
 * TCP analysis becomes several times slower, and a comparison would flatter us.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const CLIENT = 45000;
const FLUSH_OCTETS = 1 << 20;
const PSH_ACK = 0x18;
const BASE_SECONDS = 1_795_000_000;
const UPDATES_IN_TURN = 10;

/**
 * What a capture can hold: message maker, TCP port, messages a segment (0: UDP), how many messages one side sends before
 * the other answers (ten unless told), whether over IPv6 (unless told).
 */
export const KINDS = {
  'fo6-10': { title: 'RFC 8156, ten messages a segment', message: failover6, port: 647, perSegment: 10 },
  'blq6-10': {
    title: 'leasequery with the trees of RFC 8156, ten a segment',
    message: leasequery6,
    port: 547,
    perSegment: 10,
    // A server that answers: all data goes one way.
    run: Number.POSITIVE_INFINITY,
  },
  'fo6-1': { title: 'RFC 8156, one message a segment', message: failover6, port: 647, perSegment: 1 },
  'blq6-1': {
    title: 'leasequery with the trees of RFC 8156, one a segment',
    message: leasequery6,
    port: 547,
    perSegment: 1,
    run: Number.POSITIVE_INFINITY,
  },
  'fo4-10': {
    title: 'DHCPv4 failover, ten messages a segment',
    message: failover4,
    port: 647,
    perSegment: 10,
    six: false,
  },
  udp6: { title: 'DHCPv6 client messages', message: client6, perSegment: 0 },
};

/** Writes `count` messages of `kind` to `path`; returns packets and octets. */
export function makeCapture(kind, count, path) {
  const { message, port, perSegment, run = UPDATES_IN_TURN, six = true } = KINDS[kind];
  const file = new PcapFile(path);
  const hosts = new Hosts(file, six, port);
  if (perSegment === 0) {
    const datagram = Buffer.alloc(2000);
    for (let index = 0; index < count; index++) hosts.udp(index & 1, datagram, message(datagram, 8, index));
  } else {
    hosts.handshake();
    const pending = [Buffer.alloc(perSegment * 300), Buffer.alloc(perSegment * 300)];
    const length = [0, 0];
    const held = [0, 0];
    for (let index = 0; index < count; index++) {
      // Updates, then as many replies, which have their transaction-ids and their leases.
      const direction = Math.floor(index / run) & 1;
      const about = direction === 0 ? index : index - run;
      length[direction] = message(pending[direction], length[direction], about, direction);
      if (++held[direction] < perSegment) continue;
      hosts.data(direction, pending[direction], length[direction]);
      length[direction] = held[direction] = 0;
    }
    for (const direction of [0, 1]) {
      if (length[direction] > 0) hosts.data(direction, pending[direction], length[direction]);
    }
    hosts.goodbye();
  }
  return file.close();
}

class PcapFile {
  constructor(path) {
    this.descriptor = openSync(path, 'w');
    this.buffer = Buffer.alloc(FLUSH_OCTETS + 70_000);
    this.packets = 0;
    this.octets = 24;
    this.micros = 0;
    const header = this.buffer;
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt32LE(0x0004_0002, 4);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(1, 20);
    this.at = 24;
  }

  /** A record for `length` octets, 20 µs after the one before; returns where its octets go. */
  record(length) {
    if (this.at > FLUSH_OCTETS) this.flush();
    const { buffer, at } = this;
    buffer.writeUInt32LE(BASE_SECONDS + Math.floor(this.micros / 1e6), at);
    buffer.writeUInt32LE(this.micros % 1e6, at + 4);
    buffer.writeUInt32LE(length, at + 8);
    buffer.writeUInt32LE(length, at + 12);
    this.micros += 20;
    this.packets++;
    this.octets += 16 + length;
    this.at = at + 16 + length;
    return at + 16;
  }

  flush() {
    writeSync(this.descriptor, this.buffer, 0, this.at);
    this.at = 0;
  }

  close() {
    this.flush();
    closeSync(this.descriptor);
    return { packets: this.packets, octets: this.octets };
  }
}

const ADDRESSES_6 = ['20010db8000000000000000000000001', '20010db8000000000000000000000002'];
const ADDRESSES_4 = ['c0000201', 'c0000202'];

class Hosts {
  constructor(file, six, port) {
    this.file = file;
    this.six = six;
    this.port = port;
    this.addresses = (six ? ADDRESSES_6 : ADDRESSES_4).map((hex) => Buffer.from(hex, 'hex'));
    this.next = [1000, 5000];
    this.unacknowledged = [0, 0];
  }

  handshake() {
    this.tcp(0, 0x02);
    this.tcp(1, 0x12);
    this.tcp(0, 0x10);
  }

  data(direction, bytes, length) {
    this.tcp(direction, PSH_ACK, bytes, length);
    this.unacknowledged[1 - direction] = 0;
    if (++this.unacknowledged[direction] === 2) {
      this.unacknowledged[direction] = 0;
      this.tcp(1 - direction, 0x10);
    }
  }

  goodbye() {
    this.tcp(0, 0x11);
    this.tcp(1, 0x11);
    this.tcp(0, 0x10);
  }

  tcp(direction, flags, bytes = Buffer.alloc(0), length = 0) {
    const at = this.ip(direction, 6, 32 + length);
    const { buffer } = this.file;
    buffer.fill(0, at, at + 32);
    buffer.writeUInt16BE(direction === 0 ? CLIENT : this.port, at);
    buffer.writeUInt16BE(direction === 0 ? this.port : CLIENT, at + 2);
    buffer.writeUInt32BE(this.next[direction] >>> 0, at + 4);
    buffer.writeUInt32BE(flags & 0x10 ? this.next[1 - direction] >>> 0 : 0, at + 8);
    buffer[at + 12] = 0x80;
    buffer[at + 13] = flags;
    buffer.writeUInt16BE(65_000, at + 14);
    buffer.writeUInt32BE(0x0101_080a, at + 20);
    buffer.writeUInt32BE(Math.floor(this.file.micros / 1000), at + 24);
    buffer.writeUInt32BE(Math.floor(this.file.micros / 1000), at + 28);
    bytes.copy(buffer, at + 32, 0, length);
    this.checksum(6, at, 32 + length, at + 16);
    this.next[direction] = (this.next[direction] + length + (flags & 3 ? 1 : 0)) % 2 ** 32;
  }

  /** `bytes` has room for the UDP header before the message, which ends at `end`. */
  udp(direction, bytes, end) {
    bytes.writeUInt16BE(direction === 0 ? 546 : 547, 0);
    bytes.writeUInt16BE(direction === 0 ? 547 : 546, 2);
    bytes.writeUInt16BE(end, 4);
    bytes.writeUInt16BE(0, 6);
    const at = this.ip(direction, 17, end);
    bytes.copy(this.file.buffer, at, 0, end);
    this.checksum(17, at, end, at + 6);
  }

  ip(direction, protocol, payload) {
    const { file, six } = this;
    const start = file.record(14 + (six ? 40 : 20) + payload);
    const { buffer } = file;
    buffer.fill(0, start, start + 54);
    buffer[start] = buffer[start + 6] = 2;
    buffer[start + 5] = 2 - direction;
    buffer[start + 11] = 1 + direction;
    const at = start + 14;
    if (six) {
      buffer.writeUInt16BE(0x86dd, start + 12);
      buffer[at] = 0x60;
      buffer.writeUInt16BE(payload, at + 4);
      buffer[at + 6] = protocol;
      buffer[at + 7] = 64;
      this.addresses[direction].copy(buffer, at + 8);
      this.addresses[1 - direction].copy(buffer, at + 24);
      return at + 40;
    }
    buffer.writeUInt16BE(0x0800, start + 12);
    buffer[at] = 0x45;
    buffer.writeUInt16BE(20 + payload, at + 2);
    buffer[at + 8] = 64;
    buffer[at + 9] = protocol;
    this.addresses[direction].copy(buffer, at + 12);
    this.addresses[1 - direction].copy(buffer, at + 16);
    buffer.writeUInt16BE(~fold(sumOf(buffer, at, at + 20)) & 0xffff, at + 10);
    return at + 20;
  }

  checksum(protocol, at, length, field) {
    const { buffer } = this.file;
    const addresses = this.six ? 32 : 8;
    const sum = sumOf(buffer, at - addresses, at) + protocol + length + sumOf(buffer, at, at + length);
    buffer.writeUInt16BE(~fold(sum) & 0xffff, field);
  }
}

function sumOf(buffer, start, end) {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (buffer[at] << 8) | buffer[at + 1];
  return at < end ? sum + (buffer[at] << 8) : sum;
}

function fold(sum) {
  let folded = sum;
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff);
  return folded;
}

/** Writes an option of whole words and returns its end. */
function option(buffer, at, code, ...words) {
  buffer.writeUInt16BE(code, at);
  buffer.writeUInt16BE(words.length * 4, at + 2);
  let end = at + 4;
  for (const word of words) end = buffer.writeUInt32BE(word >>> 0, end);
  return end;
}

function close(buffer, at, end) {
  buffer.writeUInt16BE(end - at - 4, at + 2);
}

function duid(buffer, at, code, number) {
  const end = option(buffer, at, code, 0x0001_0001, 0x2a00_0000 + number, 0x0200_0000 | (number >>> 16));
  buffer.writeUInt16BE(number & 0xffff, end);
  close(buffer, at, end + 2);
  return end + 2;
}

/** BNDUPD and BNDREPLY. */
function failover6(buffer, start, index, reply) {
  const head = start + 2;
  buffer.writeUInt32BE((((reply ? 25 : 24) << 24) | (index & 0xff_ffff)) >>> 0, head);
  const options = buffer.writeUInt32BE(0x3200_0000 + Math.floor(index / 50_000), head + 4);
  const end = clientData(buffer, options, index);
  buffer.writeUInt16BE(end - start - 2, start);
  return end;
}

/** LEASEQUERY-DATA of RFC 5460, all of one query. */
function leasequery6(buffer, start, index) {
  const options = buffer.writeUInt32BE(((17 << 24) | 1) >>> 0, start + 2);
  const end = clientData(buffer, options, index);
  buffer.writeUInt16BE(end - start - 2, start);
  return end;
}

/** The tree of RFC 8156 §7.4: twelve options. */
function clientData(buffer, start, index) {
  let at = option(buffer, start, 45);
  at = duid(buffer, at, 1, index);
  at = option(buffer, at, 100, 0x3200_0000 + index);
  const association = at;
  at = option(buffer, at, 3, index, 1800, 2880);
  const lease = at;
  at = option(buffer, at, 5, 0x2001_0db8, 0x0001_0000, index >>> 16, index, 3600, 7200);
  buffer.writeUInt32BE(0x0072_0001, at);
  buffer[at + 4] = 1 + (index & 3);
  at += 5;
  at = option(buffer, at, 133, 0x3200_0000 + index);
  at = option(buffer, at, 134, 0x3200_1000 + index);
  at = option(buffer, at, 46, index & 0xfff);
  at = option(buffer, at, 123, 0x3200_2000 + index);
  at = option(buffer, at, 126, 0x3200_0000 + index);
  at = option(buffer, at, 120, 0x3200_3000 + index);
  close(buffer, lease, at);
  close(buffer, association, at);
  close(buffer, start, at);
  return at;
}

/** BNDUPD and BNDACK as ISC dhcpd sends them. */
function failover4(buffer, start, index, reply) {
  let at = start + 2;
  buffer[at] = reply ? 4 : 3;
  buffer[at + 1] = 12;
  buffer.writeUInt32BE(BASE_SECONDS + Math.floor(index / 50_000), at + 2);
  buffer.writeUInt32BE(index, at + 6);
  at = option(buffer, at + 10, 2, 0x0a00_0000 + index);
  if (!reply) {
    buffer.writeUInt32BE(0x0003_0001, at);
    buffer[at + 4] = 2;
    at += 5;
  }
  for (const code of [4, 5]) {
    buffer.writeUInt32BE((code << 16) | 7, at);
    buffer.writeUInt32BE(0x0102_0000 | (index >>> 16), at + 4);
    buffer.writeUInt32BE(index >>> 0, at + 7);
    at += 11;
  }
  at = option(buffer, at, 13, BASE_SECONDS + 3600 + index);
  at = option(buffer, at, 18, BASE_SECONDS + 7200 + index);
  at = option(buffer, at, 25, BASE_SECONDS + index);
  at = option(buffer, at, 6, BASE_SECONDS + index);
  buffer.writeUInt16BE(at - start, start);
  return at;
}

/** SOLICIT, ADVERTISE, REQUEST, REPLY in turn. */
function client6(buffer, start, index) {
  const kind = index & 3;
  const number = index >>> 2;
  let at = buffer.writeUInt32BE((([1, 2, 3, 7][kind] << 24) | (number & 0xff_ffff)) >>> 0, start);
  at = duid(buffer, at, 1, number);
  if (kind !== 0) at = duid(buffer, at, 2, 1);
  if ((kind & 1) === 0) {
    at = option(buffer, at, 6, 0x0017_0018);
    buffer.writeUInt32BE(0x0008_0002, at);
    buffer.writeUInt16BE(0, at + 4);
    at += 6;
  }
  const association = at;
  at = option(buffer, at, 3, number, 1800, 2880);
  if (kind !== 0) at = option(buffer, at, 5, 0x2001_0db8, 0x0001_0000, number >>> 16, number, 3600, 7200);
  close(buffer, association, at);
  return at;
}
