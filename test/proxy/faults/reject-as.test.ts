import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

const ADDRESS = '20010db8000100000000000000000042';
const iaaddr = (...inside: string[]): string => option(5, ADDRESS, '00000e10', '00001c20', ...inside);
const clientData = (...inside: string[]): string =>
  option(45, option(3, '00000001', '00000000', '00000000', iaaddr(...inside)));
const hexOf = (text: string): string => Buffer.from(text).toString('hex');

describe('reject-as', () => {
  // RFC 8156 §5.6: OutdatedBindingInformation is 19; §7.6: the status stands in the lease's options.
  it('makes a rejection of an accepting BNDREPLY', () => {
    const { link, fault } = testLink();
    fault("reject-as BNDREPLY OutdatedBindingInformation message 'too old'");
    const outputs = link.receive(concatBytes([unit(25, 1, clientData()), unit(35, 2)]), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 2]);
    const [message] = changed(outputs);
    expect(message?.problems()).toEqual([]);
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(
      clientData(option(13, '0013', hexOf('too old'))),
    );
    expect(details(outputs)).toEqual(['OutdatedBindingInformation']);
    expect(told(outputs)).toEqual(['BNDREPLY changed', 'CONTACT forwarded']);
  });

  it('replaces the status that was there', () => {
    const { link, fault } = testLink();
    fault('reject-as AddressInUse message no');
    const outputs = link.receive(unit(25, 1, clientData(option(13, '0000'))), 0);
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(clientData(option(13, '0010', hexOf('no'))));
  });

  it('rejects the whole update in the outermost option', () => {
    const { link, fault } = testLink();
    fault('reject-as 17 message no level update');
    const outputs = link.receive(unit(25, 1, clientData()), 0);
    const inside = option(3, '00000001', '00000000', '00000000', iaaddr());
    expect(Buffer.from(sent(outputs)).toString('hex')).toContain(
      option(45, inside, option(13, '0011', hexOf('no'))),
    );
  });

  it('leaves messages of other types', () => {
    const { link, fault } = testLink();
    fault('reject-as');
    expect(told(link.receive(unit(35, 1), 0))).toEqual(['CONTACT forwarded']);
  });
});
