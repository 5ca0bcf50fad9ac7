/**
 * One load on a proxy, in a process of its own so that it can be kept on the same processor as everything else:
 * `node proxy-load.mjs PORT trips COUNT` or `... batch COUNT`, against an echo. Prints one line of JSON.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

/** Messages that may be on their way in a batch. */
const WINDOW = 256;
const WARM_UP = 2000;

const [port, kind, count] = process.argv.slice(2);
const message = bndupd(1);
const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
await once(socket, 'connect');
const result = kind === 'trips' ? await roundTrips(Number(count)) : await batch(Number(count));
process.stdout.write(`${JSON.stringify(result)}\n`);
socket.destroy();

/** One message there and back, again and again; microseconds. */
async function roundTrips(trips) {
  const times = [];
  let left = 0;
  let answered;
  socket.on('data', (data) => {
    left -= data.length;
    if (left === 0) answered();
  });
  for (let trip = -WARM_UP; trip < trips; trip++) {
    left = message.length;
    const began = process.hrtime.bigint();
    await new Promise((resolve) => {
      answered = resolve;
      socket.write(message);
    });
    if (trip >= 0) times.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(times.length * part)];
  return { p50: at(0.5), p99: at(0.99) };
}

/** Messages a second that come back, as many as the window allows written at a time. */
async function batch(messages) {
  const window = Buffer.concat(Array.from({ length: WINDOW }, () => message));
  const total = messages * message.length;
  let sent = 0;
  let got = 0;
  const began = performance.now();
  await new Promise((resolve) => {
    const fill = () => {
      const octets = Math.min(got + window.length, total) - sent;
      if (octets <= 0) return;
      // All messages are the same: any stretch of the right phase will do.
      const phase = sent % message.length;
      const end = Math.min(phase + octets, window.length);
      socket.write(window.subarray(phase, end));
      sent += end - phase;
    };
    socket.on('data', (data) => {
      got += data.length;
      if (got === total) resolve();
      else fill();
    });
    fill();
  });
  return { perSecond: (messages / (performance.now() - began)) * 1000 };
}

/** A BNDUPD of exactly 200 octets with its length prefix: one address of one client, and a name that fills it up. */
function bndupd(id) {
  const u16 = (...values) => Buffer.concat(values.map((value) => Buffer.of(value >> 8, value & 0xff)));
  const u32 = (...values) => u16(...values.flatMap((value) => [(value >>> 16) & 0xffff, value & 0xffff]));
  const option = (code, ...parts) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([u16(code, body.length), body]);
  };
  const clientId = option(1, u16(1, 1), u32(0x2a000000), u16(0x200), u32(id));
  const inAddress = (name) => [
    u32(0x20010db8, 0x10000, 0, id, 3600, 7200),
    option(114, Buffer.of(1)),
    ...[133, 134, 46, 123, 126, 120].map((code, index) => option(code, u32(index + 1))),
    option(39, Buffer.of(0), name),
  ];
  const whole = (name) => {
    const ia = option(3, u32(id, 1800, 2880), option(5, ...inAddress(name)));
    const body = Buffer.concat([
      Buffer.of(24, 0, 0, id),
      u32(0x32000000),
      option(45, clientId, option(100, u32(0x32000000)), ia),
    ]);
    return Buffer.concat([u16(body.length), body]);
  };
  const spare = 200 - whole(Buffer.alloc(0)).length;
  return whole(Buffer.concat([Buffer.of(spare - 2), Buffer.alloc(spare - 2, 'a'), Buffer.of(0)]));
}
