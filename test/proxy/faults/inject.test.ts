import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

describe('inject', () => {
  // server-state of RFC 8156 §5.5.16: PARTNER-DOWN is 4.
  it('sends a message written by its fields, once, when it begins', () => {
    const { link, fault } = testLink(1);
    fault('inject s>p STATE state=PARTNER-DOWN transaction-id=9');
    const outputs = link.tick(Date.UTC(2024, 2, 5, 9));
    expect(idsIn(sent(outputs))).toEqual([9]);
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(option(132, '04'));
    expect(told(outputs)).toEqual(['STATE injected']);
    expect(details(outputs)).toEqual(['STATE']);
    const [message] = outputs.flatMap((output) => (output.kind === 'message' ? [output.message] : []));
    expect(message?.sentTime).toBe(762_944_400);
    expect(message?.problems()).toEqual([]);
    expect(sent(link.tick(Date.UTC(2024, 2, 5, 10)))).toHaveLength(0);
  });

  it('sends it behind each message that its conditions choose', () => {
    const { link, fault } = testLink();
    fault('inject CONTACT transaction-id=7 where type == BNDUPD times 1');
    const outputs = link.receive(concatBytes([unit(35, 1), unit(24, 2), unit(24, 3)]), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 2, 7, 3]);
    expect(changed(outputs)).toEqual([]);
  });

  it('sends given octets, whatever they are', () => {
    const { link, fault } = testLink();
    fault('inject hex=ff00000a');
    expect(sent(link.tick(0))).toEqual(Uint8Array.of(0, 4, 0xff, 0, 0, 10));
  });

  it.each([
    ['inject NONSENSE', 'NONSENSE'],
    ['inject STATE colour=blue', 'there is no field colour'],
    ['inject STATE state=TIRED', 'server-state'],
    ['inject hex=0x1', 'expected octets in hex'],
  ])('refuses "%s"', (text, message) => {
    expect(() => testLink().fault(text)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });
});
