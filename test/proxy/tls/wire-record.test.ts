/** In which order the wire of a terminated connection is written: secrets before what they open, comments where they belong. */
import { expect, it } from 'vitest';
import type { WireRecorder } from '../../../src/proxy/recorder.ts';
import type { FaultHit } from '../../../src/proxy/stage.ts';
import { WireRecord } from '../../../src/proxy/tls/wire-record.ts';

const HIT: FaultHit = { fault: 'F1', action: 'drop', count: 1, seed: 1, detail: '' };
const octets = (count: number): Uint8Array => new Uint8Array(count);

class Written {
  readonly lines: string[] = [];
  readonly record: WireRecord;
  private turn: (() => void)[] = [];

  constructor() {
    const sink: WireRecorder = {
      data: (leg, direction, { length }, hits) =>
        this.lines.push(`${leg} ${direction} ${length}${hits.map(({ fault }) => ` ${fault}`).join('')}`),
      fin: (leg, direction) => this.lines.push(`${leg} ${direction} fin`),
      reset: (leg, direction) => this.lines.push(`${leg} ${direction} reset`),
      secrets: (text) => this.lines.push(`secrets ${text.trim()}`),
      passed: () => this.lines.push('passed'),
    };
    this.record = new WireRecord(sink, (flush) => this.turn.push(flush));
  }

  /** Everything that happens now has happened. */
  turns(): readonly string[] {
    for (const flush of this.turn.splice(0)) flush();
    return this.lines.splice(0);
  }
}

it('writes what comes before the handshake at once, and the handshake behind its secrets', () => {
  const written = new Written();
  const { record } = written;
  record.wire(0, 0, octets(6), 1);
  expect(written.turns()).toEqual(['0 0 6']);
  record.handshakeBegins();
  record.handshakeBegins();
  record.wire(1, 0, octets(300), 2);
  record.wire(1, 1, octets(900), 3);
  record.secret('A\n');
  record.handshakeEnds();
  expect(written.turns()).toEqual([]);
  record.secret('B\n');
  record.handshakeEnds();
  expect(written.turns()).toEqual(['secrets A\nB', '1 0 300', '1 1 900']);
});

it('puts a comment on the packet that came just now, or else on the next one of its leg and direction', () => {
  const written = new Written();
  const { record } = written;
  record.wire(0, 0, octets(50), 1);
  record.data(0, 0, octets(20), [HIT]);
  record.data(1, 0, octets(20), [HIT]);
  record.wire(1, 1, octets(70), 1);
  record.wire(1, 0, octets(60), 1);
  record.wire(1, 0, octets(61), 1);
  expect(written.turns()).toEqual(['0 0 50 F1', '1 1 70', '1 0 60 F1', '1 0 61']);
});

it('ends where the wire ends, not where what is inside does', () => {
  const written = new Written();
  const { record } = written;
  record.fin(0, 1, []);
  record.wire(0, 1, octets(24), 1);
  record.wireEnded(0, 1, 1);
  record.reset(1, 0, [], 1);
  expect(written.turns()).toEqual(['0 1 24', '0 1 fin', '1 0 reset']);
});

it('does not wait for secrets with more than a mebibyte', () => {
  const written = new Written();
  written.record.handshakeBegins();
  for (let piece = 0; piece < 1025; piece++) written.record.wire(0, 0, octets(1024), 1);
  expect(written.turns()).toHaveLength(1025);
});
