/**
 * A sign of life for nftables rules: while the proxy runs, the secondary's address is in a set whose elements time out.
 * When leasetap is gone, however that happened, the rules match no more and the servers talk directly.
 */
import { spawn } from 'node:child_process';
import { InputError } from '../../base/problem.ts';

const SIGN_EVERY_MILLIS = 1000;
/** How long the rules send traffic to the proxy after its last sign of life. */
const ALIVE_SECONDS = 5;
/** Rules that cannot be changed this often in a row are told. */
const FAILURES_TOLD = 1;

export interface AliveSet {
  readonly family: 'ip' | 'ip6';
  readonly table: string;
  readonly set: string;
}

/** Reads `ip6/leasetap/alive`. Throws InputError. */
export function parseAliveSet(text: string): AliveSet {
  const parts = /^(ip6?)\/([\w-]+)\/([\w-]+)$/.exec(text);
  if (parts === null)
    throw new InputError(`--alive-set ${text}: expected FAMILY/TABLE/SET such as ip6/leasetap/alive`);
  return { family: parts[1] as AliveSet['family'], table: parts[2] as string, set: parts[3] as string };
}

/** Gives signs of life until the returned function is called, which takes the address out of the set. */
export async function keepAlive(
  place: AliveSet,
  address: string,
  onFailure: (text: string) => void,
): Promise<() => Promise<void>> {
  const name = `${place.family} ${place.table} ${place.set}`;
  const add = `add element ${name} { ${address} timeout ${ALIVE_SECONDS}s }\n`;
  const remove = `delete element ${name} { ${address} }\n`;
  await nft(add);
  let failures = 0;
  // An element that is there keeps its old time: out and in again, in one transaction.
  const timer = setInterval(() => {
    nft(`${add}${remove}${add}`).then(
      () => {
        failures = 0;
      },
      (error: Error) => {
        if (++failures === FAILURES_TOLD) onFailure(error.message);
      },
    );
  }, SIGN_EVERY_MILLIS);
  return async () => {
    clearInterval(timer);
    await nft(`${add}${remove}`).catch(() => undefined);
  };
}

function nft(commands: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.on('error', () => reject(new InputError('nft cannot be run: expected nftables on this machine')));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new InputError(`nft: ${complaint.trim().split('\n')[0] ?? `exit code ${code}`}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(commands);
  });
}
