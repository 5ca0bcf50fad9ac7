/**
 * The primary of a DHCPv4 failover pair in captures that begin in mid-stream. Who it was is known of the real servers:
 * 10.77.0.1 (fixtures/captures/dhcpv4-isc/README.md). The secondary dialled, so the TCP connection tells the opposite.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { directionName } from '../../src/dissect/roles.ts';
import { V4Roles } from '../../src/dissect/v4-roles.ts';

const PRIMARY = '10.77.0.1';
const dissectors = loadDissectors();
const capture = readFileSync(
  new URL('../../fixtures/captures/dhcpv4-isc/steady-state.pcap', import.meta.url),
);

/** Of each message whether its direction is right; and what was said about roles. */
async function reading(octets: Uint8Array, v4Roles: V4Roles) {
  const right: boolean[] = [];
  const said: string[] = [];
  const events = {
    onMessage: (message: Parameters<typeof directionName>[0]) => {
      const { connection, direction } = message.frame;
      const byPrimary = connection.flow.ends[direction].address === PRIMARY;
      right.push((directionName(message) === 'p>s') === byPrimary);
    },
    onNotice: ({ kind, message }: { readonly kind: string; readonly message: string }) => {
      if (kind === 'dialect') said.push(message);
    },
  };
  async function* chunks() {
    yield octets;
  }
  const reader = new MessageReader(dissectors, events, { v4Roles });
  await readCapture([{ name: 'it', chunks: chunks() }], reader);
  return { right, said };
}

describe('the primary of a DHCPv4 failover pair', () => {
  it('is known from the first update that only a primary sends, and told', async () => {
    const { right, said } = await reading(capture, new V4Roles());
    const turn = right.indexOf(true);
    expect(turn).toBeGreaterThan(0);
    expect(right.slice(0, turn)).not.toContain(true);
    expect(right.slice(turn)).not.toContain(false);
    expect(said.filter((text) => text.includes('is the primary'))).toEqual([
      expect.stringMatching(/^10\.77\.0\.1 is the primary, as its messages show;/),
    ]);
  });

  it('is known from the beginning when it is read again', async () => {
    const roles = new V4Roles();
    await reading(capture, roles);
    const { right, said } = await reading(capture, roles);
    expect(right).toHaveLength(124);
    expect(right).not.toContain(false);
    expect(said.filter((text) => text.includes('is the primary'))).toEqual([]);
  });
});
