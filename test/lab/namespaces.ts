/**
 * A small network of its own for a test: Linux network namespaces, wired to a bridge in the middle one. Nothing touches
 * the machine's own interfaces, and everything is gone when the test is over.
 */
import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Why such a network cannot be made here, or undefined if it can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (spawnSync('ip', ['-V']).status !== 0) return 'the program ip (iproute2) is missing';
  const probe = `lt-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' });
  if (made.status !== 0) return `this machine allows no network namespaces: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'delete', probe]);
  return undefined;
}

/** Name of the namespace that holds the bridge. */
export const MIDDLE = 'tap';

export class Network {
  private readonly prefix = `lt${process.pid}`;
  private readonly made: string[] = [];

  /** Makes the middle namespace with its bridge, which carries `addresses` (with prefix lengths). */
  constructor(addresses: readonly string[]) {
    onTestFinished(() => this.remove());
    this.add(MIDDLE);
    this.ip(MIDDLE, 'link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0');
    this.ip(MIDDLE, 'link', 'set', 'br0', 'up');
    for (const address of addresses) this.ip(MIDDLE, 'address', 'add', address, 'dev', 'br0');
  }

  /** Adds a host whose interface eth0 is wired to the bridge. */
  host(name: string, address: string): void {
    this.add(name);
    const plug = ['link', 'add', 'name', `to-${name}`, 'type', 'veth', 'peer', 'name', 'eth0'];
    this.ip(MIDDLE, ...plug, 'netns', this.full(name));
    this.ip(MIDDLE, 'link', 'set', 'dev', `to-${name}`, 'master', 'br0', 'up');
    this.ip(name, 'link', 'set', 'dev', 'eth0', 'up');
    this.ip(name, 'address', 'add', address, 'dev', 'eth0');
  }

  /** The command line that runs a program inside a host. */
  inside(name: string, program: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.full(name), program, ...args]];
  }

  private add(name: string): void {
    must('ip', ['netns', 'add', this.full(name)]);
    this.made.push(name);
    this.ip(name, 'link', 'set', 'lo', 'up');
  }

  private ip(name: string, ...args: string[]): void {
    must('ip', ['-n', this.full(name), ...args]);
  }

  private full(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** Ends what still runs inside, then takes the namespaces away. */
  private remove(): void {
    for (const name of this.made) {
      const inside = spawnSync('ip', ['netns', 'pids', this.full(name)], { encoding: 'utf8' }).stdout;
      for (const id of inside.split('\n').filter((line) => line !== '')) endProcess(Number(id));
      spawnSync('ip', ['netns', 'delete', this.full(name)]);
    }
  }
}

/** Whether duplicate address detection is over in these hosts: nothing can be bound to an address before. */
export function linkIsUp(network: Network, hosts: readonly string[]): boolean {
  return hosts.every((host) => {
    const [program, args] = network.inside(host, 'ip', ['-6', 'address', 'show', 'tentative']);
    return spawnSync(program, args, { encoding: 'utf8' }).stdout.trim() === '';
  });
}

function endProcess(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function must(program: string, args: readonly string[]): void {
  const run = spawnSync(program, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.stderr.trim()}`);
}
