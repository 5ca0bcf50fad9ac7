/** That what a capture lacks is told once, shortly, and the damage last. */
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/base/flow.ts';
import { MICROSECONDS } from '../../../src/base/timestamp.ts';
import type { CaptureSummary, SourceSummary } from '../../../src/capture/summary.ts';
import { ReadReport } from '../../../src/cli/read/report.ts';
import type { Notice } from '../../../src/dissect/notice.ts';

const flow: Flow = {
  id: 0,
  transport: 'tcp',
  ends: [
    { address: '2001:db8::1', port: 50_000 },
    { address: '2001:db8::2', port: 647 },
  ],
};

const SOURCE: SourceSummary = {
  name: 'a.pcap',
  format: 'pcap',
  compression: null,
  variant: 'pcap, little-endian, microseconds',
  interfaces: [],
  packets: 30,
  octets: 4130,
  damage: null,
};

function notice(kind: Notice['kind'], packet: number, message: string): Notice {
  return {
    kind,
    message,
    flow,
    seen: { packet, time: { unixSeconds: 0, ticks: 0, resolution: MICROSECONDS } },
  };
}

function summary(changes: Partial<CaptureSummary> = {}): CaptureSummary {
  return {
    sources: [],
    packets: 7,
    tcpFlows: 0,
    udpFlows: 0,
    firstTime: null,
    lastTime: null,
    skipped: [],
    tcp: {
      retransmittedSegments: 0,
      keepAliveProbes: 0,
      outOfOrderSegments: 0,
      conflictingOctets: 0,
      missingOctets: 0,
    },
    limits: [],
    ...changes,
  };
}

function told(act: (report: ReadReport) => boolean): { whole: boolean; lines: string[] } {
  const lines: string[] = [];
  const whole = act(new ReadReport((line) => lines.push(line)));
  return { whole, lines };
}

describe('the report of a capture', () => {
  it('is silent when everything could be read', () => {
    expect(told((report) => report.close(summary(), 3))).toEqual({ whole: true, lines: [] });
  });

  it('says which packets may have held messages, and nothing of what any network carries', () => {
    const skipped = [
      { code: 'not-ip', reason: 'not IP', packets: 3 },
      { code: 'fragments', reason: 'IP datagrams of which fragments are missing', packets: 2 },
    ];
    expect(told((report) => report.close(summary({ skipped }), 3))).toEqual({
      whole: true,
      lines: ['packets passed over: 2: IP datagrams of which fragments are missing'],
    });
  });

  it('says where octets are missing, ten times at most, then how many more', () => {
    const { whole, lines } = told((report) => {
      for (let packet = 1; packet <= 25; packet++) report.notice(notice('gap', packet, 'octets are missing'));
      return report.close(summary(), 3);
    });
    expect(whole).toBe(true);
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('packet 1: octets are missing');
    expect(lines[10]).toBe('15 more lines of this kind (gap) are not shown');
  });

  it('lets nothing from the wire reach the terminal as it is', () => {
    const { lines } = told((report) => {
      report.notice(notice('dialect', 1, 'name \u001b[2J'));
      return report.close(summary(), 1);
    });
    expect(lines.join()).not.toContain('\u001b');
  });

  it('says why nothing was found', () => {
    const skipped = [{ code: 'link-type', reason: 'link type 105 (IEEE 802.11) is not read', packets: 7 }];
    expect(told((report) => report.close(summary({ skipped }), 0)).lines).toEqual([
      'no message was found in 7 packets; skipped packets: 7: link type 105 (IEEE 802.11) is not read',
    ]);
  });

  it('says how much there was that may have been something, if there was', () => {
    const lines = (tcpFlows: number, udpFlows: number) =>
      told((report) => report.close(summary({ tcpFlows, udpFlows }), 0)).lines.slice(1);
    const hint = 'looks like DHCP; --port and --decode-as say what a port carries';
    expect(lines(0, 0)).toEqual([]);
    expect(lines(12, 1)).toEqual([`nothing in 12 TCP connections and 1 UDP flow ${hint}`]);
    expect(lines(1, 0)).toEqual([`nothing in 1 TCP connection ${hint}`]);
    expect(lines(0, 2)).toEqual([`nothing in 2 UDP flows ${hint}`]);
    expect(told((report) => report.close(summary({ tcpFlows: 12 }), 1)).lines).toEqual([]);
  });

  it('says of what kind a file is, where that is unusual', () => {
    const source = (name: string, variant: string) => ({ ...SOURCE, name, variant });
    const sources = [
      source('a.pcap', 'pcap, little-endian, nanoseconds'),
      source('b.pcap', 'pcap, big-endian, microseconds'),
      source('c.pcap', 'pcap, little-endian, microseconds, modified (Kuznetzov) record headers'),
    ];
    expect(told((report) => report.close(summary({ sources }), 3)).lines).toEqual([
      'b.pcap is pcap, big-endian, microseconds',
      'c.pcap is pcap, little-endian, microseconds, modified (Kuznetzov) record headers',
    ]);
  });

  it('tells damage with its place, last, and that not everything was read', () => {
    const damage = { code: 'cut', path: 'a.pcap', message: 'the file ends inside a packet', offset: 4130 };
    const source = { ...SOURCE, damage };
    expect(told((report) => report.close(summary({ sources: [source] }), 14))).toEqual({
      whole: false,
      lines: ['a.pcap: the file ends inside a packet (at octet 4130)'],
    });
  });
});
