import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

const ADDRESS = '20010db8000100000000000000000042';
const STATUS_ACTIVE = option(114, '01');
const IAADDR = option(5, ADDRESS, '00000e10', '00001c20', STATUS_ACTIVE);
const CLIENT_DATA = option(45, option(3, '00000001', '00000000', '00000000', IAADDR));

describe('edit', () => {
  // binding-status of RFC 8156 §5.5.1: ACTIVE is 1, ABANDONED is 7.
  it('gives a field another value by name, deep inside, and leaves everything else', () => {
    const { link, fault } = testLink();
    fault('edit BNDUPD binding-status=ABANDONED');
    const before = unit(24, 1, CLIENT_DATA);
    const outputs = link.receive(concatBytes([before, unit(35, 2)]), 0);
    const after = sent(outputs);
    expect(Buffer.from(after).toString('hex')).toBe(
      Buffer.from(concatBytes([before, unit(35, 2)]))
        .toString('hex')
        .replace(STATUS_ACTIVE, option(114, '07')),
    );
    expect(told(outputs)).toEqual(['BNDUPD changed', 'CONTACT forwarded']);
    expect(details(outputs)).toEqual(['binding-status = ABANDONED']);
    expect(changed(outputs)[0]?.problems()).toEqual([]);
  });

  it('takes an option out and repairs the lengths around it', () => {
    const { link, fault } = testLink();
    fault('edit BNDUPD remove F_BINDING_STATUS');
    const outputs = link.receive(concatBytes([unit(24, 1, CLIENT_DATA), unit(35, 2)]), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 2]);
    const inner = option(5, ADDRESS, '00000e10', '00001c20');
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(
      option(45, option(3, '00000001', '00000000', '00000000', inner)),
    );
  });

  it('leaves messages in which there is nothing to change, and counts them for none', () => {
    const { link, fault } = testLink();
    fault('edit binding-status=ABANDONED times 1');
    const outputs = link.receive(concatBytes([unit(35, 1), unit(24, 2, CLIENT_DATA)]), 0);
    expect(told(outputs)).toEqual(['CONTACT forwarded', 'BNDUPD changed']);
  });

  it.each([
    ['edit binding-statu=1', 'there is no such field'],
    ['edit binding-status=SLEEPING', 'binding-status: expected'],
    ['edit binding-status=256', 'binding-status: expected'],
    ['edit remove NO_SUCH_OPTION', 'there is no option'],
    ['edit BNDUPD', 'expected FIELD=VALUE, remove or add'],
  ])('refuses "%s" before anything happens', (text, message) => {
    expect(() => testLink().fault(text)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });

  it('knows the short names of fields that inject knows', () => {
    const { link, fault } = testLink(1);
    fault('edit F_SERVER_STATE/state=PARTNER-DOWN');
    const outputs = link.receive(unit(34, 1, option(132, '02')), 0);
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(option(132, '04'));
  });

  it('takes octets in hex that look like a number, also in messages inside of messages', () => {
    expect(() => testLink().fault('edit BNDUPD INTERFACE_ID/interface-id=0102')).not.toThrow();
    expect(() => testLink().fault('edit BNDUPD RELAY-FORW/hop-count=3')).not.toThrow();
    expect(() => testLink().fault('edit BNDUPD RELAY-FORW/hop-count=300')).toThrow(/from 0 to 255/);
  });
});
