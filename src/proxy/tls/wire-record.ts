/**
 * The recording of a connection on which the proxy terminates TLS: what was on the wire of both legs, and the secrets
 * that open it. Octets of a handshake wait for its secrets, because a reader needs those first. What the conversation
 * tells of messages inside only adds comments to the packets that carried them. Sans-IO.
 */
import type { Direction } from '../../base/flow.ts';
import type { RecordedLeg, Recorder, WireRecorder } from '../recorder.ts';
import type { FaultHit } from '../stage.ts';

/** Octets that wait for secrets; with more the secrets may come too late for some. */
const WAITING_OCTETS_MAX = 1024 * 1024;

interface Packet {
  readonly leg: RecordedLeg;
  readonly direction: Direction;
  readonly octets: Uint8Array;
  readonly hits: FaultHit[];
  readonly now: number;
}

type Entry = Packet | { readonly write: () => void };

export class WireRecord implements Recorder {
  private readonly sink: WireRecorder;
  private readonly later: (flush: () => void) => void;
  private entries: Entry[] = [];
  private waitingOctets = 0;
  private planned = false;
  private handshakes = 0;
  private secretLines = '';
  /** Hits of messages whose packet has not come yet, by leg and direction. */
  private readonly early: FaultHit[][] = [[], [], [], []];

  /** `later` calls what it is given when everything that happens now has happened. */
  constructor(sink: WireRecorder, later: (flush: () => void) => void) {
    this.sink = sink;
    this.later = later;
  }

  /** Octets on the wire of a leg. */
  wire(leg: RecordedLeg, direction: Direction, octets: Uint8Array, now: number): void {
    const hits = this.early[2 * leg + direction]?.splice(0) ?? [];
    this.waitingOctets += octets.length;
    this.add({ leg, direction, octets, hits, now });
  }

  wireEnded(leg: RecordedLeg, direction: Direction, now: number): void {
    this.add({ write: () => this.sink.fin(leg, direction, [], now) });
  }

  handshakeBegins(): void {
    this.handshakes++;
  }

  handshakeEnds(): void {
    this.handshakes--;
    this.plan();
  }

  /** A line of the key log, with its newline. */
  secret(line: string): void {
    this.secretLines += line;
  }

  /** It is on the wire already, in another form. */
  passed(): void {}

  data(leg: RecordedLeg, direction: Direction, _: Uint8Array, hits: readonly FaultHit[]): void {
    this.comment(leg, direction, hits);
  }

  /** On the packet of this direction that came just now, or else on the next one. */
  comment(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[]): void {
    if (hits.length === 0) return;
    const packet = this.entries.findLast(
      (entry): entry is Packet => 'octets' in entry && entry.leg === leg && entry.direction === direction,
    );
    (packet?.hits ?? this.early[2 * leg + direction])?.push(...hits);
  }

  /** The wire ends when TLS has said what it has to say: see `wireEnded`. */
  fin(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[]): void {
    this.comment(leg, direction, hits);
  }

  reset(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[], now: number): void {
    this.add({ write: () => this.sink.reset(leg, direction, hits, now) });
  }

  private add(entry: Entry): void {
    this.entries.push(entry);
    this.plan();
  }

  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    this.later(() => {
      this.planned = false;
      if (this.handshakes === 0 || this.waitingOctets > WAITING_OCTETS_MAX) this.flush();
    });
  }

  private flush(): void {
    if (this.secretLines !== '') this.sink.secrets(this.secretLines);
    this.secretLines = '';
    for (const entry of this.entries) {
      if ('write' in entry) entry.write();
      else this.sink.data(entry.leg, entry.direction, entry.octets, entry.hits, entry.now);
    }
    this.entries = [];
    this.waitingOctets = 0;
  }
}
