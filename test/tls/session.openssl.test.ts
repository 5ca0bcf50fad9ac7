/** What Node's TLS has no call for: KeyUpdate and early data, from the command line of OpenSSL. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, type Running, start, temporaryFolder } from '../support/process.ts';
import { certificateFile, type Said } from '../support/tls.ts';
import { continued } from './continued.ts';
import { opened } from './opened.ts';

function opensslIsMissing(): boolean {
  try {
    return !/^OpenSSL (3|[4-9])/.test(execFileSync('openssl', ['version'], { encoding: 'utf8' }));
  } catch {
    return true;
  }
}

/** A port whose connections go on to `to`; what passes is kept. */
async function tapped(to: number): Promise<{ readonly port: number; readonly pieces: Said[] }> {
  const pieces: Said[] = [];
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: to });
    for (const [direction, from, onto] of [
      [0, near, far],
      [1, far, near],
    ] as const) {
      from.on('data', (octets: Buffer) => {
        pieces.push({ direction, octets: Uint8Array.from(octets) });
        onto.write(octets);
      });
      from.on('error', () => undefined);
      from.on('close', () => onto.end());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as { port: number }).port, pieces };
}

async function serving(
  folder: string,
  ...more: readonly string[]
): Promise<{ readonly port: number; readonly server: Running }> {
  const port = await freePort();
  const server = start('openssl', [
    ...['s_server', '-accept', `127.0.0.1:${port}`, '-tls1_3'],
    ...['-cert', certificateFile('secondary.pem'), '-key', certificateFile('secondary.key')],
    ...['-keylogfile', join(folder, 'keys.txt'), ...more],
  ]);
  await server.prints(/ACCEPT/);
  return { port, server };
}

function client(port: number, ...more: readonly string[]): Running {
  return start('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', ...more]);
}

describe.skipIf(opensslIsMissing())('OpenSSL', () => {
  it('updates its keys, and the other side does, too', async () => {
    const folder = temporaryFolder();
    // It sends each line back with its letters in reverse.
    const { port, pieces } = await tapped((await serving(folder, '-rev')).port);
    const talk = client(port);
    await talk.prints(/read R BLOCK|Verify return code/);
    const say = async (line: string): Promise<void> => {
      talk.child.stdin?.write(`${line}\n`);
      await talk.prints(new RegExp([...line].reverse().join('')));
    };
    await say('before');
    // Asks the other side for the same.
    talk.child.stdin?.write('K\n');
    await talk.prints(/KEYUPDATE/);
    await say('after');
    await say('later');
    const { clear, told } = opened([...pieces], readFileSync(join(folder, 'keys.txt'), 'utf8'));
    expect(told).toEqual(['TLSv1.3 TLS_AES_256_GCM_SHA384']);
    expect(Buffer.from(clear[0]).toString()).toBe('before\nafter\nlater\n');
    expect(Buffer.from(clear[1]).toString()).toBe('erofeb\nretfa\nretal\n');
  });

  // A recording that goes on in another file knows how many records there were, and not what was in them.
  it('updates its keys again and again, and is read on behind any octet', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const { port, pieces } = await tapped((await serving(folder, '-rev')).port);
    const talk = client(port);
    await talk.prints(/read R BLOCK|Verify return code/);
    talk.child.stdin?.write('before\n');
    await talk.prints(/erofeb/);
    for (let round = 0; round < 3; round++) {
      const line = `round ${round}, not over`;
      // The side that asks is updated more often than the other. A line of three letters is as long as a KeyUpdate.
      for (const order of round % 3 === 0 ? ['K', ...'kkkkkkkk'] : round % 3 === 1 ? ['k'] : ['abc']) {
        talk.child.stdin?.write(`${order}\n`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      talk.child.stdin?.write(`${line}\n`);
      await talk.prints(new RegExp([...line].reverse().join('')));
    }
    const keyLog = readFileSync(join(folder, 'keys.txt'), 'utf8');
    const whole = opened([...pieces], keyLog).clear.map((octets) => Buffer.from(octets));
    expect(whole[1]?.toString()).toContain('revo ton ,2 dnuor');
    const total = pieces.reduce((sum, { octets }) => sum + octets.length, 0);
    const first = pieces.findIndex((_, at) => {
      const [one, other] = opened(pieces.slice(0, at + 1), keyLog).clear;
      return one.length > 0 && other.length > 0;
    });
    const from = pieces.slice(0, first + 1).reduce((sum, { octets }) => sum + octets.length, 0);
    let cuts = 0;
    for (let count = from; count < total; count += 3) {
      const read = continued({ pieces, keyLog }, count);
      expect(read?.problems, `behind ${count} of ${total} octets`).toEqual([]);
      for (const direction of [0, 1] as const) {
        const got = read?.clear[direction] as Buffer;
        expect(whole[direction]?.subarray((whole[direction]?.length ?? 0) - got.length).equals(got)).toBe(
          true,
        );
      }
      cuts++;
    }
    expect(cuts).toBeGreaterThan(100);
    // Behind the last update there is still something to be read, so none was taken for the end.
    const lastRound = continued({ pieces, keyLog }, total - 200);
    expect(lastRound?.clear[1].length).toBeGreaterThan(0);
  });

  it('sends early data, which is told and passed over', async () => {
    const folder = temporaryFolder();
    const [session, early] = [join(folder, 'session.pem'), join(folder, 'early.txt')];
    writeFileSync(early, 'early words');
    const { port: to, server } = await serving(folder, '-early_data');
    const first = client(to, '-sess_out', session);
    await first.prints(/Verify return code/);
    first.child.stdin?.write('hello\n');
    await server.prints(/^hello$/m);
    first.child.stdin?.end('Q\n');
    await first.ended;
    const { port, pieces } = await tapped(to);
    const second = client(port, '-sess_in', session, '-early_data', early);
    await second.prints(/Early data was accepted/);
    second.child.stdin?.write('after\n');
    await server.prints(/^after$/m);
    expect(server.out).toContain('early words');
    const { clear, told } = opened([...pieces], readFileSync(join(folder, 'keys.txt'), 'utf8'));
    expect(told).toEqual(['early data of the client is not read', 'TLSv1.3 TLS_AES_256_GCM_SHA384']);
    expect(Buffer.from(clear[0]).toString()).toBe('after\n');
  });
});
