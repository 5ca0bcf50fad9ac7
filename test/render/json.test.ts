/** That what the analysis adds stands behind what the dissector wrote, with the digits that it always had. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Annotations } from '../../src/dissect/annotations.ts';
import { JsonBuffer } from '../../src/dissect/json-buffer.ts';
import { putJsonLine } from '../../src/render/json.ts';
import { handMessage } from '../support/messages.ts';

const state = handMessage({ hex: '22 000007 2d799b90', index: 4 });

function jsonLine(notes: Annotations): string {
  const out = new JsonBuffer();
  putJsonLine(out, state, notes);
  return out.text();
}

describe('putJsonLine', () => {
  it('adds what the analysis knows behind what the dissector wrote', () => {
    expect(jsonLine({ replyTo: 3, rttMillis: 1.5, findings: ['FO-1'] })).toBe(
      '{"index":4,"msg_type":34,"reply_to":3,"rtt":0.001500,"findings":["FO-1"]}\n',
    );
    expect(jsonLine({ replyIn: 5 })).toBe('{"index":4,"msg_type":34,"reply_in":5}\n');
    expect(jsonLine({})).toBe('{"index":4,"msg_type":34}\n');
  });

  it('rounds a reply time as toFixed does', () => {
    const differences = fc
      .tuple(
        fc.double({ min: 1.6e12, max: 1.8e12, noNaN: true }),
        fc.double({ min: -10, max: 1e6, noNaN: true }),
      )
      .map(([begin, more]) => begin + more - begin);
    const halves = fc.nat(1e9).map((micros) => (micros + 0.5) / 1000);
    fc.assert(
      fc.property(fc.oneof(differences, halves), (rttMillis) => {
        expect(jsonLine({ rttMillis })).toContain(`"rtt":${(rttMillis / 1000).toFixed(6)}}`);
      }),
      { numRuns: 2000 },
    );
  });
});
