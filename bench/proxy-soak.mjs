/**
 * Memory of a proxy that relays, records and logs for a long time: a steady stream with a burst now and then, the size of
 * the process sampled, and the slope of its second half, when everything has been warmed up.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { median } from './measure.mjs';
import { startWays } from './proxy-ways.mjs';

const SAMPLE_MILLIS = 1000;
/** A line for every so many samples. */
const SAMPLES_A_LINE = 60;
/** Octets in each step of the stream: 20 messages of 200. */
const STEP_OCTETS = 4000;
const STEP_MILLIS = 10;
/** Every so many steps 10 MB come at once. */
const BURST_STEPS = 1000;
const BURST_OCTETS = 10_000_000;

export async function soak(seconds, folder, children, print) {
  const [tap] = await startWays(['leasetap'], folder, children);
  const socket = connect({ port: tap.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let back = 0;
  socket.on('data', (data) => {
    back += data.length;
  });
  const samples = [];
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const sampler = setInterval(() => {
    samples.push({ at: elapsed(), mebibytes: residentMebibytes(tap.child.pid) });
    if (samples.length % SAMPLES_A_LINE === 0) progress(samples.slice(-SAMPLES_A_LINE), print);
  }, SAMPLE_MILLIS);
  let sent = 0;
  for (let step = 1; elapsed() < seconds; step++) {
    const octets = step % BURST_STEPS === 0 ? BURST_OCTETS : STEP_OCTETS;
    if (!socket.write(messages(octets))) await once(socket, 'drain');
    sent += octets;
    await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
  }
  clearInterval(sampler);
  socket.destroy();
  report(samples, seconds, sent, back, print);
}

/** BNDUPDs of 200 octets, prefix included, with one option that nobody knows. */
function messages(octets) {
  const bytes = Buffer.alloc(octets);
  for (let at = 0; at < octets; at += 200) {
    bytes.writeUInt16BE(198, at);
    bytes[at + 2] = 24;
    bytes.writeUInt16BE(60_000, at + 10);
    bytes.writeUInt16BE(186, at + 12);
  }
  return bytes;
}

function residentMebibytes(pid) {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}

function progress(samples, print) {
  const values = samples.map(({ mebibytes }) => mebibytes);
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((each) =>
    each.toFixed(1),
  );
  print(`${Math.round(samples.at(-1).at)} s: ${low} to ${high} MiB, median ${middle}`);
}

function report(samples, seconds, sent, back, print) {
  const late = samples.slice(Math.floor(samples.length / 2));
  const values = late.map(({ mebibytes }) => mebibytes);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((each) => each.toFixed(1));
  const thousands = Math.round((sent + back) / 200 / 1000);
  print(`${seconds} s, ${thousands} thousand messages: ${low} to ${high} MiB in the second half`);
  print(`slope of the second half: ${(slope(late) * 3600).toFixed(2)} MiB an hour`);
}

/** Least squares: MiB a second. */
function slope(samples) {
  const mean = (key) => samples.reduce((sum, sample) => sum + sample[key], 0) / samples.length;
  const [at, mebibytes] = [mean('at'), mean('mebibytes')];
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.at - at) * (sample.mebibytes - mebibytes);
    below += (sample.at - at) ** 2;
  }
  return above / below;
}
