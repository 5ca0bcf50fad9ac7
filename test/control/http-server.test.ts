/** That whatever comes in over HTTP is answered or cut off in time, with or without the right to ask. */
import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { json, Refused } from '../../src/control/answer.ts';
import { BODY_OCTETS_MAX, openControl, type Routes } from '../../src/control/http-server.ts';

const TOKEN = 'a-token-of-enough-length';
const AUTHORIZED = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n`;

async function open(routes: Routes): Promise<number> {
  const end = { address: '127.0.0.1', port: 0 };
  const control = await openControl({ kind: 'tcp', end, token: TOKEN }, routes);
  onTestFinished(() => control.close());
  if (control.place.kind !== 'tcp') throw new Error('a TCP place was asked for');
  return control.place.end.port;
}

/** All that comes back until the other side closes, and after how many milliseconds it did. */
function exchange(port: number, sent: string): Promise<{ readonly text: string; readonly millis: number }> {
  const began = performance.now();
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ text, millis: performance.now() - began }));
  });
}

it.each([
  ['a target that is no URL', `GET // HTTP/1.1\r\n${AUTHORIZED}\r\n`, 400, 'bad-target'],
  [
    'a body that is not JSON',
    `POST / HTTP/1.1\r\n${AUTHORIZED}Content-Length: 3\r\n\r\n{{{`,
    400,
    'bad-json',
  ],
  [
    'a body without end',
    `POST / HTTP/1.1\r\n${AUTHORIZED}Content-Length: ${2 * BODY_OCTETS_MAX}\r\n\r\n${'x'.repeat(2 * BODY_OCTETS_MAX)}`,
    413,
    'too-large',
  ],
  ['a stranger', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 401, 'unauthorized'],
  ['what routes refuse', `GET /no HTTP/1.1\r\n${AUTHORIZED}\r\n`, 404, 'not-found'],
  ['a mistake of ours', `GET /bug HTTP/1.1\r\n${AUTHORIZED}\r\n`, 500, 'bug'],
])('answers %s', async (_, request, status, code) => {
  const port = await open(({ path }) => {
    if (path === '/no') throw new Refused(404, 'not-found', 'there is none');
    if (path === '/bug') throw new TypeError('x is undefined');
    return json({});
  });
  const { text } = await exchange(port, request);
  expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(text).toContain(`{"error":{"code":"${code}"`);
});

// Whoever asks with curl has a terminal, and what is told may come from the wire.
it.each(['/json', '/lines', '/events'])('tells %s so that a terminal shows it', async (path) => {
  const told = { why: 'bye\u009b2J\u202e' };
  const port = await open(({ path: asked }) => {
    if (asked === '/json') return json(told);
    if (asked === '/lines') return { kind: 'lines', values: [told] };
    return {
      kind: 'events',
      listen: (tell) => {
        tell('some', told);
        return () => undefined;
      },
    };
  });
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\n${AUTHORIZED}\r\n`));
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
  });
  await vi.waitFor(() => expect(text).toContain(String.raw`{"why":"bye\u009b2J\u202e"}`));
});

// A few of them must not keep everybody else out for long: the number of connections is bounded.
it('cuts off who does not finish a request within ten seconds and a bit', { timeout: 20_000 }, async () => {
  const port = await open(() => json({}));
  const ends = await Promise.all([
    exchange(port, ''),
    exchange(port, 'GET / HTTP/1.1\r\n'),
    exchange(port, `POST / HTTP/1.1\r\n${AUTHORIZED}Content-Length: 10\r\n\r\n{`),
  ]);
  for (const { millis } of ends) {
    expect(millis).toBeGreaterThan(9_000);
    expect(millis).toBeLessThan(15_000);
  }
});

it('cuts off who does not read the events that it asked for', async () => {
  const event = 'x'.repeat(1 << 20);
  let told = 0;
  let stopped = 0;
  const port = await open(() => ({
    kind: 'events',
    listen: (tell) => {
      const telling = setInterval(() => {
        tell('some', event);
        told++;
      }, 1);
      return () => {
        clearInterval(telling);
        stopped = told;
      };
    },
  }));
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\n${AUTHORIZED}\r\n`));
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined).pause();
  await vi.waitFor(() => expect(stopped).toBeGreaterThan(0), { timeout: 20_000 });
  // 16 MiB here, and what the system keeps for both sockets.
  expect(stopped).toBeGreaterThanOrEqual(17);
  expect(stopped).toBeLessThan(40);
});
