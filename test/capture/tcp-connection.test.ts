/** Goal: which packets make one connection, who opened it, and how it ends; a reused pair of ports is another one. */
import { describe, expect, it } from 'vitest';
import { packet, pcap, reply, story } from './build.ts';
import { readBytes } from './collect.ts';

async function lines(...packets: Buffer[]): Promise<string[]> {
  return (await readBytes(pcap(packets))).sink.lines();
}

const shut = [
  packet({ seq: 99, flags: 'S' }),
  reply({ seq: 199, ack: 100, flags: 'S' }),
  packet({ seq: 100, ack: 200, flags: 'F' }),
  reply({ seq: 200, ack: 101, flags: 'F' }),
];

describe('who opened', () => {
  it('the sender of the SYN', async () => {
    const { sink } = await readBytes(pcap([packet({ seq: 1, flags: 'S' })]));
    expect(sink.told[0]).toMatchObject({
      flow: {
        transport: 'tcp',
        ends: [
          { address: '2001:db8::a', port: 40_000 },
          { address: '2001:db8::b', port: 647 },
        ],
      },
      midStream: false,
    });
  });

  it('the receiver of the SYN ACK, whose stream begins where that says', async () => {
    const { sink } = await readBytes(
      pcap([
        reply({ seq: 199, ack: 100, flags: 'S' }),
        packet({ seq: 103, ack: 200, data: 'd' }),
        reply({ seq: 200, ack: 104 }),
      ]),
    );
    expect(sink.told[0]).toMatchObject({
      flow: { ends: [{ port: 40_000 }, { port: 647 }] },
      midStream: false,
    });
    expect(story(sink.told, 0)).toBe('[3]d');
  });

  it('else who is seen first, in the middle of the stream', async () => {
    expect(
      await lines(reply({ seq: 5, ack: 9, data: 'ab' }), packet({ seq: 9, ack: 7, data: 'cd' })),
    ).toEqual(['1 open flow 0 mid-stream', '1 data flow 0 0 ab', '2 data flow 0 1 cd']);
  });

  it('a keep-alive probe seen first is no data', async () => {
    expect(
      await lines(
        reply({ seq: 5, ack: 9 }),
        packet({ seq: 8, ack: 5, data: '\0' }),
        packet({ seq: 9, ack: 5, data: 'x' }),
      ),
    ).toEqual(['1 open flow 0 mid-stream', '3 data flow 0 1 x']);
  });

  it('an acknowledgement of something else altogether makes no gap', async () => {
    const found = await lines(reply({ seq: 5, ack: 0x4000_0000 }), packet({ seq: 9, ack: 5, data: 'ab' }));
    expect(found).toEqual(['1 open flow 0 mid-stream', '2 data flow 0 1 ab']);
  });

  it('both at once (RFC 9293 figure 7)', async () => {
    expect(
      await lines(
        packet({ seq: 99, flags: 'S' }),
        reply({ seq: 199, flags: 'S' }),
        packet({ seq: 99, ack: 200, flags: 'S' }),
        reply({ seq: 199, ack: 100, flags: 'S' }),
        packet({ seq: 100, ack: 200, data: 'a' }),
        reply({ seq: 200, ack: 101, data: 'b' }),
      ),
    ).toEqual(['1 open flow 0', '5 data flow 0 0 a', '6 data flow 0 1 b']);
  });
});

describe('resets', () => {
  it('end both directions, once, and nothing follows', async () => {
    expect(
      await lines(
        packet({ seq: 99, flags: 'S' }),
        packet({ seq: 102, ack: 1, data: 'c' }),
        reply({ seq: 1, ack: 100, flags: 'R' }),
        packet({ seq: 103, ack: 1, data: 'd' }),
        reply({ seq: 1, ack: 100, flags: 'R' }),
      ),
    ).toEqual(['1 open flow 0', '2 gap flow 0 0 2', '2 data flow 0 0 c', '3 close flow 0 1 reset']);
  });

  it('refuse a connection', async () => {
    expect(await lines(packet({ seq: 99, flags: 'S' }), reply({ seq: 0, ack: 100, flags: 'R' }))).toEqual([
      '1 open flow 0',
      '2 close flow 0 1 reset',
    ]);
  });

  it('of connections that were never seen begin and end them', async () => {
    expect(await lines(packet({ seq: 7, ack: 9, flags: 'R' }))).toEqual([
      '1 open flow 0 mid-stream',
      '1 close flow 0 0 reset',
    ]);
  });

  it('far from the stream are not believed', async () => {
    expect(
      await lines(
        packet({ seq: 99, flags: 'S' }),
        packet({ seq: 0x4000_0000, ack: 1, flags: 'R' }),
        packet({ seq: 100, ack: 1, data: 'a' }),
      ),
    ).toEqual(['1 open flow 0', '3 data flow 0 0 a']);
  });
});

describe('the same ends again', () => {
  it('a SYN with another number, after the end', async () => {
    expect(
      await lines(...shut, packet({ seq: 5000, flags: 'S' }), packet({ seq: 5001, ack: 1, data: 'x' })),
    ).toEqual([
      '1 open flow 0',
      '3 close flow 0 0 fin',
      '4 close flow 0 1 fin',
      '5 open flow 1',
      '6 data flow 1 0 x',
    ]);
  });

  it('a SYN with another number, without an end: the old connection is lost', async () => {
    expect(
      await lines(
        packet({ seq: 99, flags: 'S' }),
        packet({ seq: 102, ack: 1, data: 'c' }),
        packet({ seq: 5000, flags: 'S' }),
        packet({ seq: 5001, ack: 1, data: 'x' }),
      ),
    ).toEqual([
      '1 open flow 0',
      '2 gap flow 0 0 2',
      '2 data flow 0 0 c',
      '3 close flow 0 0 lost',
      '3 open flow 1',
      '4 data flow 1 0 x',
    ]);
  });

  it('a SYN while the capture began in the middle', async () => {
    const found = await lines(
      reply({ seq: 5, ack: 9, data: 'ab' }),
      packet({ seq: 5000, flags: 'S' }),
      packet({ seq: 5001, ack: 1, data: 'x' }),
    );
    expect(found.slice(2)).toEqual(['2 close flow 0 0 lost', '2 open flow 1', '3 data flow 1 0 x']);
  });

  it('a repeated SYN changes nothing, and neither do late packets of a closed connection', async () => {
    const opener = shut[0] as Buffer;
    const found = await lines(
      opener,
      ...shut,
      packet({ seq: 101, ack: 201 }),
      opener,
      reply({ seq: 190, ack: 9, data: 'z' }),
    );
    expect(found).toEqual(['1 open flow 0', '4 close flow 0 0 fin', '5 close flow 0 1 fin']);
  });

  it('data far from where a closed connection ended, or long after', async () => {
    const far = await lines(...shut, packet({ seq: 0x1000_0000, ack: 1, data: 'x' }));
    expect(far.slice(3)).toEqual(['5 open flow 1 mid-stream', '5 data flow 1 0 x']);
    const late = [
      ...shut.map((each) => [1000, 0, each] as const),
      [1241, 0, packet({ seq: 101, ack: 1, data: 'x' })] as const,
    ];
    const { sink } = await readBytes(pcap(late));
    expect(sink.lines().slice(3)).toEqual(['5 open flow 1 mid-stream', '5 data flow 1 0 x']);
  });
});

describe('many flows', () => {
  it('flowsMax: the one that was quiet for longest gives way', async () => {
    const of = (port: number, data: string, seq: number): Buffer =>
      packet({ ports: [port, 647], seq, ack: 1, data });
    const packets = [of(1, 'a', 1), of(2, 'b', 1), of(1, 'c', 2), of(3, 'd', 1), of(2, 'e', 2)];
    const { sink, summary } = await readBytes(pcap(packets), { limits: { flowsMax: 2 } });
    expect(sink.lines()).toEqual([
      '1 open flow 0 mid-stream',
      '1 data flow 0 0 a',
      '2 open flow 1 mid-stream',
      '2 data flow 1 0 b',
      '3 data flow 0 0 c',
      '4 close flow 1 0 lost',
      '4 open flow 2 mid-stream',
      '4 data flow 2 0 d',
      '5 close flow 0 0 lost',
      '5 open flow 3 mid-stream',
      '5 data flow 3 0 e',
    ]);
    expect(summary).toMatchObject({ tcpFlows: 4, limits: [{ limit: 'flowsMax', hits: 2 }] });
  });
});
