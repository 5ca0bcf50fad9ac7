/** What came of judging, as events of the proxy. */
import type { ProxyEvent } from '../events.ts';
import type { DocketReport } from './report.ts';

/** `atMillis`: when it is told; a finding holds the time of its message. */
export function judgingEvents(
  { findings, limits, lapse }: Pick<DocketReport, 'findings' | 'limits' | 'lapse'>,
  atMillis: number,
): readonly ProxyEvent[] {
  return [
    ...limits.map((limit): ProxyEvent => ({ kind: 'judging', limit, atMillis })),
    ...findings.map((finding): ProxyEvent => ({ kind: 'finding', finding, atMillis })),
    ...(lapse === undefined ? [] : [{ kind: 'not-judged', ...lapse, atMillis } as const]),
  ];
}
