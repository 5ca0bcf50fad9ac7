import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leasetap, type Running, runLeasetap, temporaryFolder, top } from '../../support/process.ts';
import { closed, listening, portOf, read } from '../../support/relay.ts';
import { tshark, tsharkIsMissing } from '../../support/tshark.ts';
import { unit } from '../../support/unit.ts';

const CONNECT = unit(31, 1);
const BNDREPLY = unit(25, 2);

interface Pair {
  readonly proxy: Running;
  readonly primary: Socket;
  readonly secondary: Socket;
}

/** A proxy process with a connection through it. */
async function pair(args: readonly string[]): Promise<Pair> {
  const server = await listening();
  const accepted = once(server, 'connection');
  const proxy = leasetap(['proxy', '--listen', '[::1]:0', '--to', `[::1]:${portOf(server)}`, ...args]);
  const [, port] = await proxy.prints(/listening on \[::1\]:(\d+)/);
  const primary = connect({ host: '::1', port: Number(port) });
  const [secondary] = (await accepted) as [Socket];
  server.close();
  for (const socket of [primary, secondary]) socket.on('error', () => undefined);
  return { proxy, primary, secondary };
}

const noTshark = tsharkIsMissing();

describe('leasetap proxy', () => {
  it('prints, logs and records what passes, and leaves whole files on SIGTERM', async () => {
    const folder = temporaryFolder();
    const recording = join(folder, 'tap.pcapng');
    const log = join(folder, 'tap.jsonl');
    const { proxy, primary, secondary } = await pair([
      ...['--write', recording, '--log', log, '--fault', 'drop s>p BNDREPLY times 1', '--seed', '3'],
    ]);
    primary.write(CONNECT);
    await read(secondary, CONNECT.length);
    secondary.write(Buffer.concat([BNDREPLY, BNDREPLY]));
    await read(primary, BNDREPLY.length);
    await proxy.prints(/s>p BNDREPLY .*\n.*s>p BNDREPLY|forwarded/);
    const { code, out, err } = await proxy.kill('SIGTERM');
    expect(code).toBe(0);
    expect(out).toMatch(/p>s CONNECT +x000001/);
    expect(out).toMatch(/s>p BNDREPLY +x000002.*\[dropped; F1 drop\]/);
    expect(err).toContain('F1 drops BNDREPLY from the secondary to the primary, once');
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).verdict).filter(Boolean)).toEqual([
      'forwarded',
      'dropped',
      'forwarded',
    ]);
    if (noTshark) return;
    const bytes = new Uint8Array(readFileSync(recording));
    const packets = tshark(bytes, [
      '-Y',
      'tcp.len>0',
      '-T',
      'fields',
      '-e',
      'frame.interface_name',
      '-e',
      'frame.comment',
    ]);
    expect(
      packets
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/seed \d+/, 'seed N').split('\t')),
    ).toEqual([
      ['primary-leg', ''],
      ['secondary-leg', ''],
      ['secondary-leg', 'F1 drop (hit 1, seed N)'],
      ['secondary-leg', ''],
      ['primary-leg'],
    ]);
    expect(tshark(bytes, ['--disable-protocol', 'dhcpfo', '-q', '-z', 'expert'])).not.toMatch(/Errors|Warns/);
  });

  // What was written before the last tenth of a second is there, whatever happens to the process.
  it.skipIf(noTshark)('leaves a readable recording when it is killed', async () => {
    const recording = join(temporaryFolder(), 'tap.pcapng');
    const { proxy, primary, secondary } = await pair(['--write', recording]);
    primary.write(CONNECT);
    await read(secondary, CONNECT.length);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await proxy.kill('SIGKILL');
    const packets = tshark(new Uint8Array(readFileSync(recording)), ['-Y', `tcp.len==${CONNECT.length}`]);
    expect(packets.trimEnd().split('\n')).toHaveLength(2);
  });

  it('ends in order when nobody reads its lines any more', async () => {
    const recording = join(temporaryFolder(), 'tap.pcapng');
    const { proxy, primary, secondary } = await pair(['--write', recording]);
    proxy.child.stdout?.destroy();
    for (let sent = 0; sent < 50 && !proxy.over; sent++) {
      primary.write(CONNECT);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await proxy.ended).code).toBe(0);
    secondary.destroy();
  });

  it('says in one line what is wrong, and exits with 2', async () => {
    const server = await listening();
    const faults = join(temporaryFolder(), 'faults.yaml');
    writeFileSync(faults, 'faults:\n  - drop BNDUPD\n  - do: delay\n    by: never\n');
    const run = async (...args: string[]) => {
      const { code, err } = await runLeasetap(['proxy', '--to', '[::1]:9', ...args]);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      return [code, err.trimEnd()];
    };
    expect(await run('--listen', `[::1]:${portOf(server)}`)).toEqual([
      2,
      `leasetap: [::1]:${portOf(server)}: the port is in use by another program`,
    ]);
    expect(await run('--listen', '647')).toEqual([2, expect.stringContaining('expected ADDRESS:PORT')]);
    expect(await run('--listen', '[::1]:0', '--fault', 'drop nth')).toEqual([
      2,
      'leasetap: fault "drop nth": expected a number after "nth"',
    ]);
    expect(await run('--listen', '[::1]:0', '--faults', faults)).toEqual([
      2,
      `leasetap: ${faults}:4:5: fault delay: by: expected a time such as 250ms, 7s or 2m, found "never"`,
    ]);
    expect(await run('--listen', '[::1]:9')).toEqual([
      2,
      'leasetap: main: it would dial itself: listen and to are both [::1]:9',
    ]);
    expect(await run('--listen', '[::1]:0', '--write', '/nonexistent/x')).toEqual([
      2,
      'leasetap: /nonexistent/x: no such file or directory',
    ]);
    server.close();
  });

  it('tells that the partner is absent, refuses the client and goes on', async () => {
    const server = await listening();
    const port = portOf(server);
    await new Promise((resolve) => server.close(resolve));
    const proxy = leasetap(['proxy', '--listen', '[::1]:0', '--to', `[::1]:${port}`]);
    const [, ours] = await proxy.prints(/listening on \[::1\]:(\d+)/);
    const primary = connect({ host: '::1', port: Number(ours) });
    primary.on('error', () => undefined);
    await closed(primary);
    await proxy.prints(/refused: the secondary cannot be reached \(ECONNREFUSED\)/);
    expect(proxy.over).toBe(false);
    expect((await proxy.kill('SIGINT')).code).toBe(0);
  });

  // What it would have hit is counted in the expectations that came with the capture.
  it('tells what a fault would have hit in a capture', async () => {
    const capture = join(top, 'fixtures/captures/dhcpv6/basic-all-messages');
    const expected = readFileSync(`${capture}.expect.jsonl`, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const replies = expected
      .filter(({ msg_name }) => msg_name === 'BNDREPLY')
      .map(({ index }) => `#${index}`);
    const { code, out } = await runLeasetap([
      'proxy',
      '--dry-run',
      `${capture}.pcap`,
      '--fault',
      'drop BNDREPLY',
    ]);
    expect(out).toBe(
      `F1 drops BNDREPLY in both directions: would have hit ${replies.length} of ${replies.length} matching messages: ${replies.join(' ')}\n`,
    );
    expect(code).toBe(0);
  });

  it('says that the rest of a damaged capture is not counted, behind what it has counted', async () => {
    const cut = join(temporaryFolder(), 'cut.pcap');
    const capture = join(top, 'fixtures/captures/dhcpv6/basic-all-messages.pcap');
    writeFileSync(cut, readFileSync(capture).subarray(0, 1000));
    const { code, out, err } = await runLeasetap(['proxy', '--dry-run', cut, '-f', 'drop CONNECT']);
    expect(out).toContain('would have hit 1 of 1 matching messages: #');
    expect(err).toMatch(/^leasetap: .*cut\.pcap: [^[]*; what is behind it is not counted\n$/);
    expect(code).toBe(2);
  });

  // It opened its files first, and emptied a recording before it saw that it could not stay.
  it('leaves files alone that another one writes, or if the place of its control is taken', async () => {
    const folder = temporaryFolder();
    const [place, tap, kept] = ['tap.sock', 'tap.pcapng', 'kept.pcapng'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    writeFileSync(kept, 'something');
    const proxy = leasetap(['proxy', '-l', '[::1]:0', '-t', '[::1]:1', '-C', place, '-w', tap]);
    await proxy.prints(/control at/);
    const another = ['proxy', '-l', '[::1]:0', '-t', '[::1]:1'];
    expect(await runLeasetap([...another, '-C', place, '-w', kept])).toMatchObject({
      code: 2,
      err: expect.stringContaining('another program uses this'),
    });
    expect(readFileSync(kept, 'utf8')).toBe('something');
    if (process.platform === 'linux')
      expect(await runLeasetap([...another, '-w', tap])).toMatchObject({
        code: 2,
        err: `leasetap: ${tap}: another leasetap is writing this file\n`,
      });
    await proxy.kill('SIGTERM');
  });

  it('is controlled and watched from another terminal', async () => {
    const place = join(temporaryFolder(), 'tap.sock');
    const { proxy, primary, secondary } = await pair(['--control', place]);
    await proxy.prints(/control at/);
    const fault = (...words: string[]) => runLeasetap(['fault', '-C', place, ...words]);
    const added = await fault('add', 'drop', 's>p', 'BNDREPLY', 'seed', '5', 'id', 'D');
    expect(added.out).toBe(
      'D drops BNDREPLY from the secondary to the primary (hit 0 of 0 matching; seed 5)\n',
    );
    const watching = leasetap(['watch', place, '--no-tui']);
    // Nothing tells when it has joined, and a busy machine takes seconds to start a program.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    secondary.write(Buffer.concat([BNDREPLY, CONNECT]));
    await read(primary, CONNECT.length);
    await watching.prints(/s>p BNDREPLY .*\[dropped; D drop\]/);
    expect((await fault('list')).out).toContain('hit 1 of 1 matching');
    expect(await fault('rm', 'X')).toMatchObject({ code: 2, err: 'leasetap: there is no fault "X"\n' });
    expect((await fault('pause', 'type', '==', 'BNDREPLY')).out).toContain('where type == BNDREPLY');
    expect((await fault('step')).out).toBe('nothing is held\n');
    expect((await fault('resume')).code).toBe(0);
    expect((await fault('reset')).out).toBe('D removed\n');
    await proxy.kill('SIGTERM');
    expect((await watching.ended).code).toBe(0);
  });
});
