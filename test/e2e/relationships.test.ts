/** Several relationships in one `leasetap proxy`, as their users drive it: options, a file, the control, the checks. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort, leasetap, type Running, runLeasetap, temporaryFolder } from '../support/process.ts';
import { portOf, read } from '../support/relay.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';
import { unit } from '../support/unit.ts';

const BNDUPD = unit(24, 2);
const CONTACT = unit(35, 3);

/** A secondary that sends back what it gets. */
async function echo(host: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return server;
}

/** A primary that has sent `octets` and got `answer` octets back. */
async function primary(host: string, port: number, octets: Uint8Array, answer: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(octets);
  await read(socket, answer);
  return socket;
}

async function port(proxy: Running, name: string): Promise<number> {
  return Number((await proxy.prints(new RegExp(`${name}: listening on \\S+:(\\d+)`)))[1]);
}

function asked(socketPath: string, method: string, path: string, body?: unknown): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () =>
        resolve([response.statusCode ?? 0, text.startsWith('#') ? text : JSON.parse(text)]),
      );
    });
    asking.on('error', reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function watches(watch: Running, faults: (...args: string[]) => Promise<string>): Promise<boolean> {
  await faults('-r', 'campus', 'add', 'drop CONNECT id W');
  await faults('rm', 'campus/W');
  return watch.out.includes('campus: W removed');
}

describe('leasetap proxy with several relationships', () => {
  it('relays IPv4 and IPv6 beside each other, each with its own files', async () => {
    const folder = temporaryFolder();
    const [four, six] = [await echo('127.0.0.1'), await echo('::1')];
    const proxy = leasetap([
      ...['proxy', '-l', '127.0.0.1:0', '-t', `campus=127.0.0.1:${portOf(four)}`],
      ...['-l', '[::1]:0', '-t', `branch=[::1]:${portOf(six)}`],
      ...['-w', join(folder, 'tap.pcapng'), '--log', join(folder, 'tap.jsonl')],
      ...['--fault', 'drop p>s BNDUPD relationship branch', '--fault', 'duplicate s>p CONTACT'],
    ]);
    await primary('127.0.0.1', await port(proxy, 'campus'), BNDUPD, BNDUPD.length);
    await primary('::1', await port(proxy, 'branch'), Buffer.concat([BNDUPD, CONTACT]), 2 * CONTACT.length);
    await proxy.prints(/branch +.*s>p CONTACT.*F2 duplicate/);
    const { code, out, err } = await proxy.kill('SIGTERM');
    expect(code).toBe(0);
    expect(out).toMatch(/^campus +\d+ .*p>s BNDUPD/m);
    expect(out).toMatch(/^branch +\d+ .*p>s BNDUPD.*\[dropped; F1 drop\]/m);
    expect(out).toMatch(/-- campus: connection \d up/);
    // A fault that names none is armed in each.
    expect(err.match(/F\d drops BNDUPD .* of branch/g)).toHaveLength(1);
    expect(err.match(/CONTACT/g)).toHaveLength(2);
    const verdicts = (name: string) =>
      readFileSync(join(folder, `tap-${name}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).verdict)
        .filter(Boolean);
    expect(verdicts('campus')).toEqual(['forwarded', 'forwarded']);
    expect(verdicts('branch')[0]).toBe('dropped');
    expect(existsSync(join(folder, 'tap.pcapng'))).toBe(false);
    if (tsharkIsMissing()) return;
    const packets = (name: string) =>
      tshark(new Uint8Array(readFileSync(join(folder, `tap-${name}.pcapng`))), [
        '-Y',
        'tcp.len>0',
        '-T',
        'fields',
        '-e',
        '_ws.col.Source',
      ]);
    expect(packets('campus')).toContain('127.0.0.1');
    expect(packets('branch')).not.toContain('127.0.0.1');
  });

  it('takes them from a file, and more over the control', async () => {
    const folder = temporaryFolder();
    const secondary = await echo('::1');
    const to = `[::1]:${portOf(secondary)}`;
    writeFileSync(
      join(folder, 'pairs.yaml'),
      `relationships:
  - name: campus
    listen: "[::1]:0"
    to: "${to}"
    write: campus.pcapng
    faults: [drop p>s BNDUPD id D]
faults:
  - do: delay
    by: 1ms
    relationship: campus
`,
    );
    const control = join(folder, 'tap.sock');
    const proxy = leasetap(['proxy', '--config', join(folder, 'pairs.yaml'), '--control', control]);
    await proxy.prints(/control at/);
    const watch = leasetap(['watch', control, '--no-tui']);
    const faults = async (...args: string[]) => {
      const { code, out, err } = await runLeasetap(['fault', '-C', control, ...args]);
      return `${code} ${out}${err}`;
    };
    expect(await faults('list')).toMatch(/^0 campus\/D drops BNDUPD .*\ncampus\/F1 delays/);
    // A watcher says nothing until something happens: it is there when it sees this.
    await eventually(
      'a watcher',
      () => watches(watch, faults),
      (seen) => seen,
    );
    const added = await asked(control, 'POST', '/proxies', { name: 'branch', listen: '127.0.0.1:0', to });
    expect(added).toMatchObject([201, { name: 'branch', enabled: true, to }]);
    await watch.prints(/branch: opened, from 127\.0\.0\.1:\d+ to \[::1\]/);
    expect(await faults('add', 'drop CONTACT')).toMatch(
      /^2 leasetap: expected the name of a relationship: campus, branch\n$/,
    );
    expect(await faults('-r', 'branch', 'add', 'drop p>s CONTACT')).toMatch(/^0 F1 drops CONTACT/);
    expect(await faults('list')).toContain('branch/F1 drops CONTACT');
    await primary('127.0.0.1', await port(proxy, 'branch'), Buffer.concat([CONTACT, BNDUPD]), BNDUPD.length);
    await watch.prints(/^branch +.*p>s BNDUPD/m);
    const [, metrics] = await asked(control, 'GET', '/metrics');
    expect(metrics).toContain(
      'leasetap_messages_total{relationship="branch",direction="p>s",type="CONTACT",verdict="dropped"} 1',
    );
    expect(String(metrics).match(/# TYPE leasetap_connections_open gauge/g)).toHaveLength(1);
    expect(await asked(control, 'GET', '/proxies/branch/stats')).toMatchObject([
      200,
      { connections_total: 1 },
    ]);
    expect(await asked(control, 'GET', '/stats')).toMatchObject([400, { error: { code: 'bad-input' } }]);
    expect(await asked(control, 'GET', '/proxies/brunch/stats')).toMatchObject([404, {}]);
    expect(await faults('rm', 'branch/F1')).toBe('0 ');
    const changed = await asked(control, 'PATCH', '/proxies/campus', { enabled: false });
    expect(changed).toMatchObject([200, { name: 'campus', enabled: false }]);
    await watch.prints(/campus: closed/);
    const populated = await asked(control, 'POST', '/populate', {
      relationships: [{ name: 'campus', listen: '[::1]:0', to }],
      faults: [{ fault: 'reset', relationship: 'branch' }],
    });
    expect(populated).toMatchObject([201, { relationships: [{ name: 'campus' }, { name: 'branch' }] }]);
    expect(await asked(control, 'DELETE', '/proxies/branch')).toEqual([200, { removed: 'branch' }]);
    expect(await asked(control, 'GET', '/proxies')).toMatchObject([200, [{ name: 'campus', enabled: true }]]);
    const command = async (...args: string[]) => {
      const { code, out, err } = await runLeasetap(['proxy', ...args, '-C', control]);
      return `${code} ${out}${err}`.replace(/\]:\d+/g, ']:N');
    };
    expect(await command('add', '-l', '[::1]:0', '-t', `lab=${to}`)).toBe('0 lab [::1]:N > [::1]:N\n');
    expect(await command('add', '-l', '[::1]:0', '-t', `lab=${to}`)).toBe(
      '2 leasetap: there is already a relationship "lab"\n',
    );
    expect(await command('add', '-l', '[::1]:0', '-t', to)).toMatch(
      /^2 leasetap: expected one --listen .*\n$/,
    );
    expect(await command('disable', 'lab')).toBe('0 lab [::1]:N > [::1]:N (disabled)\n');
    expect(await command('enable', 'lab')).toBe('0 lab [::1]:N > [::1]:N\n');
    expect(await command('rm', 'lab')).toBe('0 ');
    expect(await command('rm', 'lab')).toBe('2 leasetap: there is no relationship "lab"\n');
    expect(await command('list')).toBe('0 campus [::1]:N > [::1]:N\n');
    await proxy.kill('SIGTERM');
    expect(existsSync(join(folder, 'campus.pcapng'))).toBe(true);
  });

  // Every address of 127.0.0.0/8 is this machine's on Linux, and on Linux only.
  it.skipIf(process.platform !== 'linux')('dials from the address that it is told', async () => {
    const secondary = await echo('127.0.0.1');
    const seen = once(secondary, 'connection');
    const to = `127.0.0.1:${portOf(secondary)}`;
    const proxy = leasetap(['proxy', '-l', '127.0.0.1:0', '-t', `a=${to}`, '--from', '127.0.0.2']);
    await primary('127.0.0.1', await port(proxy, 'a'), CONTACT, CONTACT.length);
    expect(((await seen)[0] as Socket).remoteAddress).toBe('127.0.0.2');
  });

  // One line that says what is wrong and where.
  it('points at mistakes', async () => {
    const folder = temporaryFolder();
    const says = async (...args: string[]) => {
      const { code, err } = await runLeasetap(['proxy', ...args]);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      return [code, err.trimEnd().replace(folder, 'FOLDER')];
    };
    const file = (text: string) => {
      writeFileSync(join(folder, 'pairs.yaml'), text);
      return join(folder, 'pairs.yaml');
    };
    const entry = (line: string) =>
      `relationships:\n  - name: a\n    listen: "[::1]:0"\n    to: "[::1]:9"\n    ${line}\n`;
    expect(await says('-l', '[::1]:0', '-l', '[::1]:0', '-t', '[::1]:9')).toEqual([
      2,
      'leasetap: expected as many --to as --listen, found 1 and 2',
    ]);
    expect(await says('-l', '[::1]:0', '-t', 'a b=[::1]:9')).toEqual([
      2,
      expect.stringContaining('expected a name'),
    ]);
    expect(await says('--config', file(entry('fron: ::1')))).toEqual([
      2,
      'leasetap: FOLDER/pairs.yaml:5:5: unknown key "fron"; did you mean from?',
    ]);
    expect(await says('--config', file(entry('from: 127.0.0.1')))).toEqual([
      2,
      'leasetap: FOLDER/pairs.yaml:5:5: a: from 127.0.0.1 and to ::1 are of different IP versions',
    ]);
    expect(await says('--config', file('relations: []'))).toEqual([
      2,
      'leasetap: FOLDER/pairs.yaml:1:1: unknown key "relations"; expected relationships or faults',
    ]);
    const twice = `${entry('enabled: false')}${entry('enabled: false').slice('relationships:\n'.length)}`;
    expect(await says('--config', file(twice))).toEqual([
      2,
      'leasetap: FOLDER/pairs.yaml: there are two relationships "a"',
    ]);
    expect(await says('-l', '[::1]:0', '-t', 'a=[::1]:9', '-f', 'drop relationship b')).toEqual([
      2,
      'leasetap: a fault names the relationship "b", expected a',
    ]);
    const scenario = 'fixtures/scenarios/lost-replies.yaml';
    const two = ['-l', '[::1]:0', '-t', 'a=[::1]:9', '-l', '[::1]:0', '-t', 'b=[::1]:9'];
    expect(await says(...two, '--scenario', scenario)).toEqual([
      2,
      'leasetap: --scenario needs --relationship with one of a, b',
    ]);
  });
});

describe('leasetap proxy check', () => {
  it('says that both legs are there', async () => {
    const secondary = await echo('::1');
    const own = await freePort('::1');
    const check = leasetap([
      'proxy',
      'check',
      '-l',
      `[::1]:${own}`,
      '-t',
      `[::1]:${portOf(secondary)}`,
      '--wait',
      '20s',
    ]);
    // A primary tries again and again.
    const trying = setInterval(() => connect({ host: '::1', port: own }).on('error', () => undefined), 50);
    onTestFinished(() => clearInterval(trying));
    const { code, out } = await check.ended;
    expect(out).toMatch(/^ok {4}the secondary at \[::1\]:\d+ answers; dialled from ::1\n/);
    expect(out).toMatch(/\nok {4}the primary came to \[::1\]:\d+ from ::1\n$/);
    expect(code).toBe(0);
  });

  it('says that neither is, and which relationship lacks what', async () => {
    const [own, other, nobody] = [await freePort('::1'), await freePort('::1'), await freePort('::1')];
    const secondary = await echo('::1');
    const { code, out } = await runLeasetap([
      ...['proxy', 'check', '--wait', '300ms', '-l', `[::1]:${own}`, '-t', `a=[::1]:${nobody}`],
      ...['-l', `[::1]:${other}`, '-t', `b=[::1]:${portOf(secondary)}`],
    ]);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^FAIL {2}a: the secondary: .*nobody listens there/),
      `FAIL  a: nobody has connected to [::1]:${own} for 0.3 s: is the primary running, and sent here?`,
      expect.stringMatching(/^ok {4}b: the secondary at/),
      expect.stringMatching(/^FAIL {2}b: nobody has connected/),
      '',
    ]);
    expect(code).toBe(1);
  });
});
