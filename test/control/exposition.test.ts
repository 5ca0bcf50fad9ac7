/** The page is what the description of the format says: written out by hand, and read by a reader that is strict. */
import { describe, expect, it } from 'vitest';
import { exposition, family, histogramSamples, labelled } from '../../src/control/exposition.ts';
import { readExposition } from '../support/exposition.ts';

describe('a page', () => {
  it('names each family once, with what it means', () => {
    const campus = family('tap_open', 'gauge', 'Open now.', [{ labels: {}, value: 1 }]);
    const total = family('tap_seen_total', 'counter', 'Seen.', [{ labels: { kind: 'a' }, value: 3 }]);
    const none = family('tap_none', 'gauge', 'Nothing.', []);
    const page = exposition([
      labelled(campus, { relationship: 'campus' }),
      labelled(total, { relationship: 'campus' }),
      none,
      labelled(campus, { relationship: 'branch' }),
    ]);
    expect(page).toBe(
      [
        '# HELP tap_open Open now.',
        '# TYPE tap_open gauge',
        'tap_open{relationship="campus"} 1',
        'tap_open{relationship="branch"} 1',
        '# HELP tap_seen_total Seen.',
        '# TYPE tap_seen_total counter',
        'tap_seen_total{relationship="campus",kind="a"} 3',
        '',
      ].join('\n'),
    );
    expect([...readExposition(page).keys()]).toEqual(['tap_open', 'tap_seen_total']);
  });

  it('escapes what others have named, and writes numbers that are none', () => {
    const samples = [
      { labels: { name: 'a"b\\c\nd' }, value: Number.NEGATIVE_INFINITY },
      { labels: { name: '}{,=' }, value: Number.NaN },
      { labels: { name: '' }, value: 1e21 },
    ];
    const page = exposition([family('tap_odd', 'gauge', 'A \\ and a\nline.', samples)]);
    expect(page.split('\n')).toEqual([
      '# HELP tap_odd A \\\\ and a\\nline.',
      '# TYPE tap_odd gauge',
      'tap_odd{name="a\\"b\\\\c\\nd"} -Inf',
      'tap_odd{name="}{,="} NaN',
      'tap_odd{name=""} 1e+21',
      '',
    ]);
    readExposition(page);
  });

  it('has histograms whose last bucket is everything', () => {
    const page = exposition([
      family('tap_seconds', 'histogram', 'Times.', histogramSamples([0.1, 1], [2, 5], 7.5, 6)),
    ]);
    const read = readExposition(page).get('tap_seconds');
    expect([...(read?.samples ?? [])]).toEqual([
      ['tap_seconds_bucket{le="0.1"}', 2],
      ['tap_seconds_bucket{le="1"}', 5],
      ['tap_seconds_bucket{le="+Inf"}', 6],
      ['tap_seconds_sum', 7.5],
      ['tap_seconds_count', 6],
    ]);
  });
});

// The tests of what proxy and servers say rely on it.
describe('the reader of the tests refuses', () => {
  const head = '# HELP a_total x\n# TYPE a_total counter\n';
  const histogram = '# HELP a x\n# TYPE a histogram\n';
  it.each([
    ['a page without an end', `${head}a_total 1`],
    ['a sample of another family', `${head}b_total 1\n`],
    ['a sample before its type', 'a_total 1\n'],
    ['a type without a meaning', '# TYPE a_total counter\na_total 1\n'],
    ['a family in two places', `${head}a_total 1\n${head}a_total{b="c"} 1\n`],
    ['a family without samples', head],
    ['the same sample twice', `${head}a_total{b="c"} 1\na_total{b="c"} 2\n`],
    ['an unknown escape', `${head}a_total{b="\\t"} 1\n`],
    ['an open quote', `${head}a_total{b="c} 1\n`],
    ['a label without a name', `${head}a_total{1b="c"} 1\n`],
    ['a label twice', `${head}a_total{b="c",b="d"} 1\n`],
    ['labels without commas', `${head}a_total{b="c"d="e"} 1\n`],
    ['no number', `${head}a_total undefined\n`],
    ['a number of JavaScript', `${head}a_total Infinity\n`],
    ['a counter that sank', `${head}a_total -1\n`],
    ['a counter without _total', '# HELP a x\n# TYPE a counter\na 1\n'],
    ['a histogram without +Inf', `${histogram}a_bucket{le="1"} 1\na_sum 1\na_count 1\n`],
    ['buckets that sink', `${histogram}a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`],
    ['buckets out of order', `${histogram}a_bucket{le="+Inf"} 1\na_bucket{le="1"} 1\na_sum 1\na_count 1\n`],
    ['another count', `${histogram}a_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n`],
    ['a histogram without a sum', `${histogram}a_bucket{le="+Inf"} 1\na_count 1\n`],
    [
      'a histogram without labels for its count',
      `${histogram}a_bucket{b="c",le="+Inf"} 1\na_sum 1\na_count 1\n`,
    ],
  ])('%s', (_, page) => {
    expect(() => readExposition(page)).toThrow();
  });
});
