/**
 * A running pair (two processes of `leasetap serve`, leases on disk before each answer) asked over UDP on loopback by one
 * relay agent: four-way exchanges a second with so many clients at a time, each answered before the next one begins.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv6 } from '../dist/base/ipv6.js';
import { freePorts } from '../dist/cli/lab/free-ports.js';
import { relayForward, relayReply } from '../dist/sim/relay.js';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../dist/wire/dhcpv6.js';

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname;
const EXCHANGES = 30_000;
const SILENCE_MILLIS = 1_000;
const AGENT = { linkAddress: parseIpv6('2001:db8:1::1'), ownPort: true };

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-bench-'));
  const ports = await freePorts();
  const pair = ['primary', 'secondary'].map((role) => serve(folder, role, ports));
  try {
    const load = new Load(ports.clients.primary);
    await load.ready();
    const rows = [];
    await load.go(5_000, 200);
    for (const atOnce of [1, 16, 200, 1000]) {
      const count = atOnce === 1 ? 3_000 : EXCHANGES;
      const { perSecond, lost } = await load.go(count, atOnce);
      rows.push({ what: `four-way exchanges, ${atOnce} at a time (${lost} datagrams lost)`, perSecond });
    }
    await load.close();
    return rows;
  } finally {
    for (const child of pair) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function serve(folder, role, ports) {
  const file = join(folder, `${role}.yaml`);
  writeFileSync(
    file,
    `store: ${join(folder, role)}
dhcpv6: { listen: "[::1]:${ports.clients[role]}", relay-only: true }
${role === 'secondary' ? `failover: { listen: "[::1]:${ports.failover}" }` : ''}
relationships:
  - name: bench
    role: ${role}
    partner: { address: "::1"${role === 'primary' ? `, port: ${ports.failover}` : ''} }
    security: none
    startup: 1s
    reconnect: 1s
    max-unacked: 1000
    lifetimes: { preferred: 1h, valid: 2h }
    links: [{ prefix: "2001:db8:1::/64", address-pools: "2001:db8:1::1:0 - 2001:db8:1::f:ffff" }]
`,
  );
  return spawn(process.execPath, [MAIN, 'serve', '--log-format', 'none', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Clients 0, 1, 2, … one exchange each; what is not answered in time is asked again, and counted. */
class Load {
  constructor(port) {
    this.port = port;
    this.next = 0;
    this.open = new Map();
    this.socket = createSocket({ type: 'udp6', recvBufferSize: 4 << 20 });
    this.socket.on('message', (datagram) => this.receive(datagram));
    this.socket.on('error', () => undefined);
  }

  /** Waits until a SOLICIT is answered. */
  async ready() {
    await new Promise((resolve) => this.socket.bind(0, '::1', resolve));
    for (let second = 0; second < 60; second++) {
      this.open.clear();
      this.begin();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (this.open.size === 0) return;
    }
    throw new Error('the pair does not answer');
  }

  async go(count, atOnce) {
    this.left = count - atOnce;
    this.lost = 0;
    const begun = performance.now();
    const done = new Promise((resolve) => {
      this.done = resolve;
    });
    const watch = setInterval(() => this.repeat(), SILENCE_MILLIS / 4);
    for (let index = 0; index < atOnce; index++) this.begin();
    await done;
    clearInterval(watch);
    return { perSecond: (count * 1000) / (performance.now() - begun), lost: this.lost };
  }

  close() {
    return new Promise((resolve) => this.socket.close(resolve));
  }

  begin() {
    const id = this.next++;
    const ia = { kind: 'IA_NA', iaid: 1, t1: 0, t2: 0, leases: [] };
    this.ask(id, {
      type: 'SOLICIT',
      transactionId: id & 0xffffff,
      clientId: duidOf(id),
      elapsedTime: 0,
      ias: [ia],
    });
  }

  ask(id, message) {
    const datagram = relayForward(AGENT, duidAddress(id), encodeDhcpv6Message(message));
    this.open.set(id, { message, datagram, at: performance.now() });
    this.socket.send(datagram, this.port, '::1');
  }

  repeat() {
    const now = performance.now();
    for (const entry of this.open.values()) {
      if (now - entry.at < SILENCE_MILLIS) continue;
      entry.at = now;
      this.lost++;
      this.socket.send(entry.datagram, this.port, '::1');
    }
  }

  receive(datagram) {
    const { message } = decodeDhcpv6Message(relayReply(datagram).datagram);
    const id =
      (message.clientId[6] << 24) |
      (message.clientId[7] << 16) |
      (message.clientId[8] << 8) |
      message.clientId[9];
    const entry = this.open.get(id);
    if (entry === undefined) return;
    if (entry.message.type === 'SOLICIT' && message.type === 'ADVERTISE') {
      const { ias, serverId } = message;
      this.ask(id, { ...entry.message, type: 'REQUEST', serverId, ias });
    } else if (entry.message.type === 'REQUEST' && message.type === 'REPLY') {
      if (message.ias[0]?.leases.length !== 1) throw new Error(`client ${id} got nothing`);
      this.open.delete(id);
      if (this.left-- > 0) this.begin();
      else if (this.open.size === 0) this.done?.();
    }
  }
}

function duidOf(id) {
  return Uint8Array.of(0, 3, 0, 1, 2, 0, id >> 24, id >> 16, id >> 8, id);
}

function duidAddress(id) {
  return Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0xff, id >> 24, id >> 16, id >> 8, id);
}
