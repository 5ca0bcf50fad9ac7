/** That the lab's prompt does what it is told, to the server it is told about, and refuses the rest in one line. */
import { describe, expect, it } from 'vitest';
import { carryOut, type Orderable } from '../../../src/cli/lab/orders.ts';

class Fake implements Orderable {
  running = true;
  readonly done: string[] = [];
  start(): void {
    this.running = true;
    this.done.push('start');
  }
  async kill(): Promise<void> {
    this.running = false;
    this.done.push('kill');
  }
  async stop(): Promise<void> {
    this.running = false;
    this.done.push('stop');
  }
  async flood(): Promise<void> {
    this.done.push('flood');
  }
  async strangers(): Promise<void> {
    this.done.push('strangers');
  }
  wipe(): void {
    this.done.push('wipe');
  }
  async control(order: string): Promise<string> {
    this.done.push(order);
    return 'as you wish';
  }
}

function pair(): { primary: Fake; secondary: Fake } {
  return { primary: new Fake(), secondary: new Fake() };
}

describe('orders to a lab', () => {
  it('go to the named server alone', async () => {
    const servers = pair();
    expect(await carryOut('secondary kill', servers)).toBe('the secondary was killed');
    expect([servers.primary.done, servers.secondary.done]).toEqual([[], ['kill']]);
  });

  it('restart a server that is gone as well', async () => {
    const servers = pair();
    await carryOut('primary kill', servers);
    await carryOut('primary restart', servers);
    expect(servers.primary).toMatchObject({ running: true, done: ['kill', 'kill', 'start'] });
  });

  it('take the store of a server away, but not under its feet', async () => {
    const servers = pair();
    await expect(carryOut('primary wipe', servers)).rejects.toThrow(/is running/);
    await carryOut('primary kill', servers);
    await carryOut('primary wipe', servers);
    expect(servers.primary.done).toEqual(['kill', 'wipe']);
  });

  it('hand what the lab does not know to the server', async () => {
    const servers = pair();
    expect(await carryOut('  primary  partner-down --force', servers)).toBe('as you wish');
    expect(servers.primary.done).toEqual(['partner-down --force']);
  });

  it.each([
    ['', /neither a command nor primary or secondary/],
    ['tertiary kill', /"tertiary" is neither a command nor primary or secondary with an order/],
    ['secondry kill', /; did you mean secondary\?$/],
    ['primary', /expected kill, stop, start, wipe, flood, strangers, restart/],
    ['primary start', /running already/],
  ])('refuse %j', async (line, message) => {
    await expect(carryOut(line, pair())).rejects.toThrow(message);
  });

  it('refuse to tell a dead server anything', async () => {
    const servers = pair();
    await carryOut('primary stop', servers);
    await expect(carryOut('primary status', servers)).rejects.toThrow('the primary is not running');
    await expect(carryOut('primary kill', servers)).rejects.toThrow('the primary is not running');
  });
});
