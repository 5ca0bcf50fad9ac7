/**
 * One simulated server: a process with an end of each of its relationships and the real DHCPv6 service, on one clock and
 * one disk, which fail. The process is lost as a whole.
 */
import { Acceptor } from '../failover/acceptor.ts';
import type { ClientLeases } from '../failover/client-leases.ts';
import type { EndpointConfig } from '../failover/config.ts';
import type { Endpoint } from '../failover/endpoint.ts';
import type { StoreRecord } from '../failover/io.ts';
import { type Arrival, Dhcpv6Service } from '../server/service.ts';
import type { ServiceConfig } from '../server/service-config.ts';
import type { SimClock } from './clock.ts';
import type { SimDisk } from './disk.ts';
import { type Around, type ClientReply, type Host, Party } from './party.ts';
import type { Schedule } from './schedule.ts';
import { otherRole, type Relationship, type ServerName } from './topology.ts';

export interface ServerParts {
  readonly name: ServerName;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly schedule: Schedule;
  readonly service: ServiceConfig;
  /** All of the world; the server is in some of them. */
  readonly relationships: readonly Relationship[];
  /** An answer leaves for a client. */
  readonly answer: (reply: ClientReply, from: ServerName) => void;
}

export class SimServer implements Host {
  readonly name: ServerName;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly parties: Party[] = [];
  private readonly parts: ServerParts;
  private readonly service: Dhcpv6Service;
  private running = false;
  /** Counts starts: what was planned in an earlier life does not happen. */
  private life = 0;

  constructor(parts: ServerParts) {
    this.name = parts.name;
    this.clock = parts.clock;
    this.disk = parts.disk;
    this.parts = parts;
    this.service = new Dhcpv6Service(parts.service, (relationship) => this.clientsOf(relationship));
  }

  get isUp(): boolean {
    return this.running;
  }

  get localNow(): number {
    return this.clock.local(this.parts.schedule.now);
  }

  /** Gives the server an end of a relationship; before its first start. */
  join(relationship: number, config: EndpointConfig, around: Around): Party {
    const party = new Party(relationship, config, this, around);
    this.parties.push(party);
    return party;
  }

  start(): void {
    if (this.running) return;
    this.life++;
    this.running = true;
    for (const party of this.parties) party.start();
  }

  /** The process is gone, with all that was not on the disk. */
  stop(): void {
    this.life++;
    this.running = false;
    this.disk.powerOff();
    for (const party of this.parties) party.stop();
  }

  /** An operator has the process end in order. */
  shutDown(): void {
    for (const party of this.parties) party.feed({ kind: 'operator', command: { kind: 'shutdown' } });
  }

  setClock(seconds: number): void {
    this.clock.set(seconds, this.parts.schedule.now);
    for (const party of this.parties) party.clockWasSet();
  }

  receive(client: number, datagram: Uint8Array, arrival: Arrival): void {
    if (!this.running) return;
    const result = this.service.handle(datagram, arrival, this.localNow);
    if (result.kind === 'none') return;
    const { bytes, changes } = result;
    const party = this.partyOf(result.relationship);
    party.decided(changes);
    party.feed({ kind: 'client', changes, reply: { client, bytes, changes } });
  }

  // What the parties need of their server.

  newAcceptor(relationship: number, from?: string): Acceptor<Party> {
    const partner = (index: number): ServerName =>
      (this.parts.relationships[index] as Relationship)[otherRole(this.partyOf(index).role)];
    const candidates = this.parties
      .filter(({ role }) => role === 'secondary')
      .map((party) => ({
        partnerAddress: partner(party.relationship),
        name: party.config.relationshipName,
        endpoint: party,
      }));
    return new Acceptor(candidates, from ?? partner(relationship));
  }

  write(relationship: number, records: readonly StoreRecord[], done: () => void): void {
    const { life } = this;
    this.disk.write(relationship, records, () => {
      if (life === this.life) done();
    });
  }

  answer(reply: ClientReply): void {
    this.parts.answer(reply, this.name);
  }

  at(at: number, run: () => void): void {
    const { life } = this;
    this.parts.schedule.at(at, () => {
      if (life === this.life) run();
    });
  }

  after(millis: number, run: () => void): void {
    this.at(this.parts.schedule.now + millis, run);
  }

  /** The process ends with the last of its parties. */
  partyIsDone(): void {
    if (this.parties.every((party) => !party.isUp)) this.stop();
  }

  private partyOf(relationship: number): Party {
    return this.parties.find((party) => party.relationship === relationship) as Party;
  }

  private clientsOf(relationship: number): ClientLeases {
    return (this.partyOf(relationship).endpoint as Endpoint<ClientReply>).clients;
  }
}
