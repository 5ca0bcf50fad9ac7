/** Goal: `leasetap proxy plan` refuses what no host could carry out. */
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { addSubcommands } from '../../../src/cli/proxy/subcommands.ts';

/** What it prints; rejects with what it refuses. */
async function plan(...args: string[]): Promise<string> {
  const proxy = new Command('proxy').exitOverride().configureOutput({ writeErr: () => undefined });
  addSubcommands(proxy);
  for (const command of proxy.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await proxy.parseAsync(['plan', ...args], { from: 'user' });
    return written.mock.calls.map(([text]) => text).join('');
  } finally {
    written.mockRestore();
  }
}

describe('the plan of a host', () => {
  it('is for two servers of one IP version', async () => {
    const mixed = plan('--primary', '192.0.2.1', '--secondary', '2001:db8::2');
    await expect(mixed).rejects.toThrow('expected two IPv6 or two IPv4 addresses');
    expect(await plan('--primary', '192.0.2.1', '--secondary', '192.0.2.2')).toContain('tcp dport 647');
    const six = await plan('--primary', '2001:db8::1', '--secondary', '2001:db8::2');
    expect(six).toContain('ip6');
    expect(six).toContain("leasetap proxy check --listen '[::]:1647' --to '[2001:db8::2]:647'\n");
    const one = plan('--primary', '192.0.2.1', '--secondary', '192.0.2.1');
    await expect(one).rejects.toThrow('expected the addresses of two servers');
  });

  it.each(['0', '65536', 'failover'])('takes no port %s', async (port) => {
    const wrong = plan('--primary', '192.0.2.1', '--secondary', '192.0.2.2', '--port', port);
    await expect(wrong).rejects.toThrow('expected a port from 1 to 65535');
  });
});
