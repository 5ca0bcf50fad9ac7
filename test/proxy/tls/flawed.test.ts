/** A certificate with one flaw has that flaw and no other, as OpenSSL sees it. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { flawedIdentity } from '../../../src/proxy/tls/flawed.ts';
import { certificateFile } from '../../support/tls.ts';

const identity = (name: string) => ({
  cert: readFileSync(certificateFile(`${name}.pem`), 'utf8'),
  key: readFileSync(certificateFile(`${name}.key`), 'utf8'),
});
const RIGHT = identity('secondary');
const AUTHORITY = identity('authority');
const authority = new X509Certificate(AUTHORITY.cert);
const right = new X509Certificate(RIGHT.cert);
const HOST = 'secondary.example.com';

it('signed by itself: the same names, time and key', () => {
  const made = new X509Certificate(flawedIdentity(RIGHT, 'self-signed', AUTHORITY).cert);
  expect(made.verify(made.publicKey)).toBe(true);
  expect(made.issuer).toBe(made.subject);
  expect(made.checkHost(HOST)).toBe(HOST);
  expect([made.validFrom, made.validTo]).toEqual([right.validFrom, right.validTo]);
  expect(made.publicKey.equals(right.publicKey)).toBe(true);
});

it('of another name, signed by the authority', () => {
  const made = new X509Certificate(flawedIdentity(RIGHT, 'wrong-name', AUTHORITY).cert);
  expect(made.verify(authority.publicKey)).toBe(true);
  expect(made.checkIssued(authority)).toBe(true);
  expect(made.checkHost(HOST)).toBeUndefined();
  expect(made.subjectAltName).toBe('DNS:wrong.invalid');
  expect(made.validTo).toBe(right.validTo);
});

it('expired, signed by the authority, or by itself if there is none', () => {
  const made = new X509Certificate(flawedIdentity(RIGHT, 'expired', AUTHORITY).cert);
  expect(made.verify(authority.publicKey)).toBe(true);
  expect(made.validTo).toBe('Jan  1 00:00:00 2001 GMT');
  expect(made.checkHost(HOST)).toBe(HOST);
  const alone = new X509Certificate(flawedIdentity(RIGHT, 'expired').cert);
  expect(alone.verify(alone.publicKey)).toBe(true);
});
