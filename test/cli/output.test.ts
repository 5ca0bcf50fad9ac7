/** That output keeps its order, waits for slow readers and forgives readers that go away. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output } from '../../src/cli/output.ts';

/** Keeps what it gets; takes the next piece only when told. */
class Slow extends Writable {
  readonly pieces: Buffer[] = [];
  private taken: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    // A copy: what the piece holds later is somebody else's.
    this.pieces.push(Buffer.from(piece));
    this.taken = done;
  }

  take(): void {
    this.taken?.();
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }
}

describe('Output', () => {
  it('gathers small pieces and keeps lines and octets in their order', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.line('one');
    out.buffer.putText('two\n');
    out.buffer.putText('three\n');
    out.written();
    out.line('four');
    const flushed = out.flush();
    for (let turn = 0; turn < 5; turn++) {
      stream.take();
      await new Promise(setImmediate);
    }
    await flushed;
    expect(stream.text).toBe('one\ntwo\nthree\nfour\n');
  });

  it('writes into a buffer again only when the stream has taken what was in it', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.buffer.putText('first\n');
    void out.flush();
    out.buffer.putText('second\n');
    void out.flush();
    out.buffer.putText('third\n');
    void out.flush();
    for (let turn = 0; turn < 5; turn++) {
      stream.take();
      await new Promise(setImmediate);
    }
    expect(stream.text).toBe('first\nsecond\nthird\n');
  });

  it('is not ready before its reader has taken what was written', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.line('x'.repeat(100_000));
    let ready = false;
    const waiting = out.ready().then(() => {
      ready = true;
    });
    await new Promise(setImmediate);
    expect(ready).toBe(false);
    stream.take();
    await waiting;
    expect(ready).toBe(true);
  });

  it('waits no longer when the reader goes away, and says so', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.line('x'.repeat(100_000));
    const waiting = out.ready();
    stream.destroy();
    await waiting;
    out.line('to nobody');
    await out.flush();
    expect(out.closed).toBe(true);
  });

  it('writes pieces as they are behind what came before, and resolves when they are taken', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.line('before');
    const pieces = ['one\n', 'two\n'].map((text) => new TextEncoder().encode(text));
    let taken: boolean | undefined;
    const written = out.writeAll(pieces).then((all) => {
      taken = all;
    });
    stream.take();
    await new Promise(setImmediate);
    expect(taken).toBe(undefined);
    for (let turn = 0; turn < 3; turn++) {
      stream.take();
      await new Promise(setImmediate);
    }
    await written;
    expect([taken, stream.text]).toEqual([true, 'before\none\ntwo\n']);
    stream.destroy();
    await new Promise(setImmediate);
    expect(await out.writeAll(pieces)).toBe(false);
  });

  it('says that nobody reads when the reader goes away with pieces on their way', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    const written = out.writeAll([new Uint8Array(3), new Uint8Array(3)]);
    stream.destroy(new Error('gone'));
    expect(await written).toBe(false);
  });

  it('waits a moment for a reader that takes nothing once it has to hurry, and no moment for one that took all', async () => {
    const stuck = new Output(new Slow());
    stuck.line('x'.repeat(100_000));
    const stream = new Slow();
    const quick = new Output(stream);
    quick.line('x'.repeat(100_000));
    stuck.hurry();
    quick.hurry();
    stream.take();
    await quick.ready();
    const waiting = stuck.ready();
    expect(stuck.closed).toBe(false);
    await waiting;
    expect([stuck.closed, quick.closed]).toEqual([true, false]);
  });

  it('says whether the reader takes what was written', async () => {
    const stream = new Slow();
    const out = new Output(stream);
    out.line('x');
    void out.flush();
    expect(await out.isTaken()).toBe(false);
    const taken = out.isTaken();
    for (let turn = 0; turn < 4; turn++) {
      stream.take();
      await new Promise(setImmediate);
    }
    expect(await taken).toBe(true);
  });
});
