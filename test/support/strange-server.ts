/** The built server opposite a strange partner: its file, its process, its ports, and the ways to meet it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ControlClient } from '../../src/server/control-client.ts';
import { freePort, leasetap, type Running, temporaryFolder } from './process.ts';
import { hex, type Out, u32 } from './strange-octets.ts';
import {
  accepting,
  CONNECT,
  CONNECTREPLY,
  connectOptions,
  StrangeListener,
  StrangePartner,
} from './strange-partner.ts';

export type Role = 'primary' | 'secondary';
type LogFormat = 'text' | 'jsonl';

/** Its DUID, for what clients direct to it. */
export const SERVER_DUID: Readonly<Record<Role, Buffer>> = {
  primary: hex('0003 0001 02005e00ff01'),
  secondary: hex('0003 0001 02005e00ff02'),
};

/** Addresses ::1000 to ::1fff and prefixes 2001:db8:8000:0::/64 to :f::/64; MCLT 30 s, 100 s preferred, 200 s valid. */
function file(role: Role, failoverPort: number, clientPort: number): string {
  const partner = role === 'primary' ? `{ address: "::1", port: ${failoverPort} }` : '{ address: "::1" }';
  return `store: leases
control: control.sock
duid: ${SERVER_DUID[role].toString('hex')}
dhcpv6: { listen: "[::1]:${clientPort}", relay-only: true }
${role === 'secondary' ? `failover: { listen: "[::1]:${failoverPort}" }` : ''}
relationships:
  - name: pair
    role: ${role}
    partner: ${partner}
    security: none
    mclt: 30s
    keepalive: 20s
    startup: 1s
    reconnect: 1s
    lifetimes: { preferred: 100s, valid: 200s }
    links:
      - prefix: 2001:db8:1::/64
        address-pools: 2001:db8:1::1000 - 2001:db8:1::1fff
        prefix-pools:
          - { prefix: "2001:db8:8000::/60", delegated-length: 64 }
`;
}

export class StrangeServer {
  readonly control: ControlClient;
  readonly clientPort: number;
  readonly role: Role;
  readonly controlPath: string;
  process: Running;
  private readonly folder: string;
  private readonly logFormat: LogFormat;
  private readonly port: number;
  private readonly listener: StrangeListener | undefined;

  private constructor(
    role: Role,
    folder: string,
    port: number,
    clientPort: number,
    listener: StrangeListener | undefined,
    logFormat: LogFormat,
  ) {
    this.role = role;
    this.folder = folder;
    this.logFormat = logFormat;
    this.controlPath = join(folder, 'control.sock');
    this.port = port;
    this.clientPort = clientPort;
    this.listener = listener;
    this.control = new ControlClient({ kind: 'unix', path: this.controlPath });
    this.process = this.serve();
  }

  static async start(role: Role, logFormat: LogFormat = 'text'): Promise<StrangeServer> {
    const folder = temporaryFolder();
    const listener = role === 'primary' ? await StrangeListener.open() : undefined;
    if (listener !== undefined) onTestFinished(() => listener.close());
    const port = listener?.port ?? (await freePort('::1'));
    const clientPort = await freePort('::1');
    writeFileSync(join(folder, 'server.yaml'), file(role, port, clientPort));
    const server = new StrangeServer(role, folder, port, clientPort, listener, logFormat);
    await server.listens();
    return server;
  }

  /** A TCP connection on which nothing was said yet. */
  async meet(): Promise<StrangePartner> {
    const partner = await (this.listener?.accept(20_000) ?? StrangePartner.dial(this.port));
    onTestFinished(() => partner.close());
    return partner;
  }

  /** A connection that is established; the server's STATE is yet to be read. */
  async connect(changes: Readonly<Record<string, Out | undefined>> = {}): Promise<StrangePartner> {
    const partner = await this.meet();
    if (this.role === 'secondary') {
      partner.say(CONNECT, connectOptions(changes));
      await partner.next(CONNECTREPLY);
    } else {
      const { xid } = await partner.next(CONNECT);
      partner.say(CONNECTREPLY, connectOptions({ name: undefined, ...changes }), xid);
    }
    partner.keepAlive();
    partner.answerUpdates = accepting;
    return partner;
  }

  async state(): Promise<string | undefined> {
    return (await this.control.status()).relationships[0]?.state;
  }

  /** Kills it without warning and starts it again with what it stored. */
  async restart(): Promise<void> {
    await this.process.kill('SIGKILL');
    this.process = this.serve();
    await this.listens();
  }

  private serve(): Running {
    return leasetap(['serve', '--log-format', this.logFormat, join(this.folder, 'server.yaml')]);
  }

  private async listens(): Promise<void> {
    await this.process.prints(/listening.*dhcpv6 on/);
    if (this.role === 'secondary') await this.process.prints(/listening.*failover on/);
  }
}

/** The MCLT that the primary says, in seconds. */
export const mclt = (seconds: number): Record<string, Out> => ({ mclt: [122, u32(seconds)] });
