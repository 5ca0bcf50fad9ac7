/**
 * The stage between a source of flows and their reader that takes TLS off: a sink that feeds a sink. What comes before
 * TLS goes on as it is, what comes after as what was inside, each octet with the moment at which it could be read.
 * Flows without TLS pass untouched.
 */
import type { Direction, Flow, FlowSink, Seen, TlsNews } from '../base/flow.ts';
import { Beginning } from './beginning.ts';
import type { Continued } from './continued.ts';
import type { KeyLog } from './key-log.ts';
import { SESSIONS_MAX } from './limits.ts';
import { isApplicationData } from './records.ts';
import { TlsSession } from './session.ts';

/** A flow on which nothing was said yet: most flows of a flood stay like this, and cost nothing more. */
type Silent = 'silent' | 'silent, its beginning not seen';

/** A flow that may carry TLS, or does. */
interface Watched {
  readonly beginnings: readonly [Beginning, Beginning];
  readonly ended: [boolean, boolean];
  /** `refused`: there are too many. */
  session: TlsSession | 'refused' | undefined;
  /** It was under way when the capture began, and nothing has come of it yet. */
  isUnderWay: boolean;
  /** Of what is being read now. */
  seen: Seen;
}

export class TlsStage implements FlowSink {
  private readonly next: FlowSink;
  private readonly keys: KeyLog;
  /** Flows that have shown that they carry no TLS are not here. */
  private readonly watched = new Map<Flow, Watched | Silent>();
  private sessions = 0;

  constructor(next: FlowSink, keys: KeyLog) {
    this.next = next;
    this.keys = keys;
  }

  open(flow: Flow, seen: Seen, midStream: boolean): void {
    this.next.open(flow, seen, midStream);
    if (flow.transport !== 'tcp') return;
    this.watched.set(flow, midStream ? 'silent, its beginning not seen' : 'silent');
    const continued = midStream ? this.keys.continued(flow.ends) : undefined;
    if (continued !== undefined) this.continue(flow, this.watchedOf(flow, seen) as Watched, continued);
  }

  data(flow: Flow, direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    const watched = this.watched.size === 0 ? undefined : this.watchedOf(flow, seen);
    if (watched === undefined) {
      this.next.data(flow, direction, bytes, start, end, seen);
      return;
    }
    watched.seen = seen;
    if (watched.isUnderWay) this.tellUnderWay(flow, watched, bytes, start, end);
    const beginning = watched.beginnings[direction];
    const tls = beginning.verdict === 'open' ? beginning.push(bytes, start, end) : start;
    if (beginning.verdict !== 'tls') {
      if (beginning.verdict === 'plain' && watched.session === undefined) this.watched.delete(flow);
      this.next.data(flow, direction, bytes, start, end, seen);
      return;
    }
    if (tls > start) this.next.data(flow, direction, bytes, start, tls, seen);
    const session = this.sessionOf(flow, watched);
    if (session !== 'refused') session.push(direction, bytes, tls, end);
  }

  gap(flow: Flow, direction: Direction, missing: number, seen: Seen): void {
    const watched = this.watchedOf(flow, seen);
    if (watched?.beginnings[direction].verdict === 'tls') {
      watched.seen = seen;
      if (watched.session instanceof TlsSession) watched.session.gap(direction, missing);
      return;
    }
    if (watched?.session === undefined) this.watched.delete(flow);
    this.next.gap(flow, direction, missing, seen);
  }

  close(flow: Flow, direction: Direction, how: 'fin' | 'reset' | 'lost', seen: Seen): void {
    const watched = this.watchedOf(flow, seen);
    if (watched !== undefined) {
      watched.ended[direction] = true;
      if (how !== 'fin' || (watched.ended[0] && watched.ended[1])) {
        this.watched.delete(flow);
        if (watched.session instanceof TlsSession) this.sessions--;
      }
    }
    this.next.close(flow, direction, how, seen);
  }

  /** Something happens on the flow. */
  private watchedOf(flow: Flow, seen: Seen): Watched | undefined {
    const watched = this.watched.get(flow);
    if (typeof watched !== 'string') return watched;
    const made = newlyWatched(seen, watched !== 'silent');
    this.watched.set(flow, made);
    return made;
  }

  /** Data of TLS whose handshake nobody has seen is told, and nothing of it goes on. */
  private tellUnderWay(flow: Flow, watched: Watched, bytes: Uint8Array, start: number, end: number): void {
    watched.isUnderWay = false;
    if (!isApplicationData(bytes, start, end)) return;
    for (const beginning of watched.beginnings) beginning.verdict = 'tls';
    watched.session = 'refused';
    this.next.tls?.(flow, { kind: 'begins' }, watched.seen);
    const message = 'it began before the capture: its handshake is in none of the files';
    this.next.tls?.(flow, { kind: 'problem', message }, watched.seen);
  }

  private continue(flow: Flow, watched: Watched, { client, sides }: Continued): void {
    watched.isUnderWay = false;
    for (const beginning of watched.beginnings) beginning.verdict = 'tls';
    const session = this.sessionOf(flow, watched);
    const [first] = flow.ends;
    const isFirst = first.address === client.address && first.port === client.port;
    if (session !== 'refused') session.continue(isFirst ? 0 : 1, sides);
  }

  private sessionOf(flow: Flow, watched: Watched): TlsSession | 'refused' {
    if (watched.session !== undefined) return watched.session;
    const tell = (news: TlsNews): void => this.next.tls?.(flow, news, watched.seen);
    tell({ kind: 'begins' });
    if (this.sessions >= SESSIONS_MAX) {
      tell({ kind: 'problem', message: `more than ${SESSIONS_MAX} TLS connections at once` });
      watched.session = 'refused';
      return 'refused';
    }
    this.sessions++;
    const session = new TlsSession(this.keys, {
      clear: (direction, octets) => this.next.data(flow, direction, octets, 0, octets.length, watched.seen),
      gap: (direction, missing) => this.next.gap(flow, direction, missing, watched.seen),
      opened: (version, suite) => tell({ kind: 'opened', version, suite }),
      problem: (message) => tell({ kind: 'problem', message }),
      alert: (direction, message) => tell({ kind: 'alert', direction, message }),
    });
    watched.session = session;
    return session;
  }
}

function newlyWatched(seen: Seen, isUnderWay: boolean): Watched {
  return {
    beginnings: [new Beginning(), new Beginning()],
    ended: [false, false],
    session: undefined,
    isUnderWay,
    seen,
  };
}
