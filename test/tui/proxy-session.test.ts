/** What a view shows of held messages stays true while nothing happens that would tell it. */
import { expect, it, onTestFinished } from 'vitest';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import { sessionOfProxy } from '../../src/tui/proxy-session.ts';
import type { SessionItem } from '../../src/tui/session.ts';
import { tapped, until } from '../support/relay.ts';
import { unit } from '../support/unit.ts';

it('looks again while a fault holds messages', async () => {
  const tap = await tapped();
  onTestFinished(() => tap.close());
  let second = (): void => undefined;
  const eachSecond = (then: () => void): (() => void) => {
    second = then;
    return () => undefined;
  };
  const seen: SessionItem[] = [];
  onTestFinished(
    sessionOfProxy(tap.proxy, { title: 'tap', eachSecond }).subscribe((item) => seen.push(item)),
  );
  const held = (): number | undefined => {
    const last = seen.findLast((item) => item.kind === 'faults');
    return last?.kind === 'faults' ? last.faults[0]?.waiting?.length : undefined;
  };
  const before = seen.length;
  second();
  expect(seen.length).toBe(before);
  tap.proxy.armFault(parseFault('hold BNDUPD stop id H'));
  tap.primary.write(unit(24, 1));
  await until(() => held() === 1, 'the first to be seen');
  // Held, too, but no hit of the fault: nothing is told.
  tap.secondary.write(unit(35, 2));
  await until(() => tap.proxy.listFaults()[0]?.waiting?.length === 2, 'the second to be held');
  expect(held()).toBe(1);
  second();
  expect(held()).toBe(2);
});

it('is live, and tells what comes until nobody listens any more', async () => {
  const tap = await tapped();
  onTestFinished(() => tap.close());
  const watching = new Set<unknown>();
  const session = sessionOfProxy(tap.proxy, {
    title: 'tap',
    watchServers: (listener) => {
      watching.add(listener);
      listener([]);
      return () => watching.delete(listener);
    },
    eachSecond: (then) => {
      watching.add(then);
      return () => watching.delete(then);
    },
  });
  // A view of a file would wait for its end before it asks for replies, and would not follow what comes.
  expect(session).toMatchObject({ title: 'tap', live: true });
  const seen: SessionItem[] = [];
  const stop = session.subscribe((item) => seen.push(item));
  expect(seen.slice(0, 2)).toEqual([
    { kind: 'faults', faults: [] },
    { kind: 'servers', servers: [] },
  ]);
  const view = await session.faults?.arm(parseFault('drop BNDUPD id D'));
  expect(view?.id).toBe('D');
  expect(seen.at(-1)).toMatchObject({ kind: 'faults', faults: [{ id: 'D' }] });
  await session.faults?.remove('D');
  expect(seen.at(-1)).toEqual({ kind: 'faults', faults: [] });
  stop();
  expect(watching.size).toBe(0);
  const before = seen.length;
  tap.proxy.armFault(parseFault('drop BNDUPD'));
  expect(seen.length).toBe(before);
});
