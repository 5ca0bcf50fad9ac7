/** Tells a judge of what happens in a proxy, as it happens. */
import type { ProxyEvent } from '../events.ts';
import type { Judge } from './judge.ts';
import { faultIn } from './note.ts';

export function tellJudge(judge: Judge, event: ProxyEvent): void {
  if (event.kind === 'connection-up') judge.opened(event.connection);
  else if (event.kind === 'connection-down') judge.closed(event.connection);
  else if (event.kind === 'message') judge.push(event.message, event.verdict, faultIn(event.hits));
  else if (event.kind === 'standstill') judge.missedSome();
  else if (event.kind === 'unreadable') judge.missed(event.connection);
  else if (event.kind === 'fault-hit' && event.message === null)
    judge.interfered(`${event.hit.fault} ${event.hit.action}`);
}
