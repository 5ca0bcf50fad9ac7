/**
 * Fuzzing in the shape of a test: `npm test` runs each fuzzer for about two seconds from fixed seeds, `npm run fuzz` for a minute
 * (or LEASETAP_FUZZ_SECONDS) from new ones. A failure names its seed; LEASETAP_FUZZ_SEED runs that case alone.
 */
import { it } from 'vitest';
import { type Random, seededRandom } from '../src/base/clock.ts';

const QUICK_SECONDS = 2;
const LONG_SECONDS = 60;

const long = process.env['npm_lifecycle_event'] === 'fuzz';
const seconds = Number(process.env['LEASETAP_FUZZ_SECONDS'] ?? (long ? LONG_SECONDS : QUICK_SECONDS));
const only = process.env['LEASETAP_FUZZ_SEED'];

/** A test that runs `body` with one seed after the other. A case that takes more than `slowMillis` is a failure, too. */
export function fuzz(name: string, body: (random: Random) => Promise<void> | void, slowMillis = 5000): void {
  it(
    name,
    async () => {
      const first = only !== undefined ? Number(only) : long ? Date.now() % 2 ** 31 : 1;
      const end = performance.now() + seconds * 1000;
      let seed = first;
      do {
        const began = performance.now();
        try {
          await body(seededRandom(seed));
        } catch (error) {
          throw new Error(`LEASETAP_FUZZ_SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
        }
        const took = performance.now() - began;
        if (took > slowMillis) throw new Error(`LEASETAP_FUZZ_SEED=${seed}: took ${Math.round(took)} ms`);
        seed++;
      } while (only === undefined && performance.now() < end);
    },
    (seconds + 60) * 1000,
  );
}

/** Octets that parsers trip over. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff];

/** Some bytes changed, inserted, removed, repeated or cut off; as a new array. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  for (let times = 1 + random.below(6); times > 0; times--) result = mutatedOnce(result, random);
  return result;
}

function mutatedOnce(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.below(256));
  const at = random.below(bytes.length);
  const span = Math.min(bytes.length - at, 1 + random.below(random.below(4) === 0 ? 2000 : 40));
  const copy = Uint8Array.from(bytes);
  switch (random.below(9)) {
    case 0:
      copy[at] = random.below(256);
      return copy;
    case 1:
      copy[at] = (copy[at] as number) ^ (1 << random.below(8));
      return copy;
    case 2:
      copy.fill(EDGES[random.below(EDGES.length)] as number, at, at + 1 + random.below(4));
      return copy;
    case 3: {
      const width = [2, 4, 8][random.below(3)] as number;
      const view = new DataView(copy.buffer);
      if (at + width > copy.length) return copy;
      const step = random.below(2) === 0 ? 1 + random.below(4) : -1 - random.below(4);
      if (width === 2) view.setUint16(at, view.getUint16(at) + step);
      else if (width === 4) view.setUint32(at, view.getUint32(at) + step, random.below(2) === 0);
      else
        view.setBigUint64(
          at,
          random.below(2) === 0 ? 0xffff_ffff_ffff_ffffn : 1n << BigInt(random.below(64)),
        );
      return copy;
    }
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + span));
    case 5:
      return joined(bytes.subarray(0, at + span), bytes.subarray(at));
    case 6:
      return joined(bytes.subarray(0, at), randomBytes(span, random), bytes.subarray(at));
    case 7: {
      const from = random.below(bytes.length);
      copy.set(
        bytes.subarray(from, from + Math.min(span, bytes.length - at)).subarray(0, bytes.length - at),
        at,
      );
      return copy;
    }
    default:
      return random.below(4) === 0 ? bytes.slice(0, at) : copy;
  }
}

export function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
