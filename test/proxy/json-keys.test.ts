/** Goal: one way to write names in JSON, and nothing lost on the way out and back. */
import { expect, it } from 'vitest';
import { fromJsonKeys, toJsonKeys } from '../../src/proxy/json-keys.ts';

it('writes names with underscores at any depth, and reads them again', () => {
  const value = { heldOctets: 3, waiting: [{ arrivedMillis: 1.5, type: 'BNDUPD' }], none: null, x: [[]] };
  const told = { held_octets: 3, waiting: [{ arrived_millis: 1.5, type: 'BNDUPD' }], none: null, x: [[]] };
  expect(toJsonKeys(value)).toEqual(told);
  expect(fromJsonKeys(told)).toEqual(value);
});

it.each([
  [
    'counts by what was counted',
    { 'p>s BNDUPD forwarded': 1, 'bndupd-no-reply 7.6 secondary': 2, NoAddrs: 3 },
  ],
  ['keys of files', { 'alive-set': 'inet/t/s', 'to-cert': 'a.pem' }],
  ['what a user gave as parameters', { parameters: { oddName: 1, odd_name: { innerName: 2 } } }],
])('leaves %s as they are', (_, value) => {
  expect(toJsonKeys(value)).toEqual(value);
  expect(fromJsonKeys(value)).toEqual(value);
});
