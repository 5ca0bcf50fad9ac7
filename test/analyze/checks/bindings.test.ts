/** Goal: what the rules are told of each lease is what the options say, whichever options hold it. */
import { describe, expect, it } from 'vitest';
import { bindingsIn } from '../../../src/analyze/checks/bindings.ts';
import { dissect } from '../../../src/dissect/dissect.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { bindingStatus, clientLease, Dialogue, status } from '../../support/dialogue.ts';
import { option } from '../../support/messages.ts';

const dissectors = loadDissectors();
const PREFIX = '20010db8800f00000000000000000000';

function bindings(...options: string[]) {
  const { frame } = new Dialogue().say('p', 24, 1, 0, ...options);
  return bindingsIn(dissect(dissectors, frame, 0).tree());
}

describe('the leases of an update', () => {
  it('are addresses of a client, with the parity that says whose they are (§4.2.1.1)', () => {
    const [odd, even] = bindings(clientLease('2001:db8::1', bindingStatus(1)), clientLease('2001:db8::a'));
    expect(odd).toMatchObject({
      lease: '2001:db8::1',
      isAddress: true,
      odd: true,
      client: '0003000102005e200001',
      bindingStatus: 1,
      preferredLifetime: 3000,
      validLifetime: 3600,
    });
    expect(even).toMatchObject({ lease: '2001:db8::a', odd: false, bindingStatus: undefined });
  });

  it('are prefixes of nobody, with their length', () => {
    const [free] = bindings(option(26, '00000000', '00000000', '30', PREFIX, bindingStatus(5)));
    expect(free).toMatchObject({
      lease: '2001:db8:800f::/48',
      isAddress: false,
      client: undefined,
      bindingStatus: 5,
    });
  });

  it('are refused by the outermost status that refuses them', () => {
    const refused = clientLease('2001:db8::1', status(16));
    expect(bindings(refused).map(({ refusedBy }) => refusedBy)).toEqual([16]);
    expect(bindings(status(18), refused).map(({ refusedBy }) => refusedBy)).toEqual([18]);
    expect(bindings(clientLease('2001:db8::1')).map(({ refusedBy }) => refusedBy)).toEqual([0]);
  });
});
