/**
 * Goal: TCP does not mix connections. Between the connection that replaces another and its CONNECT, a secondary still speaks on
 * the old one; nothing of that comes out on the new one (seeds in which a BNDREPLY or an UPDREQ once came before CONNECTREPLY).
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { LAB_CLIENTS } from '../../src/cli/lab/plan.ts';
import { pairOf } from '../../src/cli/sim/play.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { scenarioFrom } from '../../src/proxy/scenario/scenario.ts';
import { playInVirtualTime } from '../../src/sim/scenario.ts';

const dissectors = loadDissectors();

it.each([
  ['restart-primary.yaml', 9],
  ['restart-in-conflict-done.yaml', 27],
  ['restart-in-conflict-done.yaml', 59],
])('%s, seed %i: the checks find nothing', (file, seed) => {
  const text = readFileSync(new URL(`../../fixtures/scenarios/${file}`, import.meta.url), 'utf8');
  const scenario = scenarioFrom(parse(text), dissectors);
  const setup = { scenario, configs: pairOf([]), dissectors, seed, clients: LAB_CLIENTS };
  const { result } = playInVirtualTime({ ...setup, tell: () => undefined });
  const judged = result.phases.flatMap(({ judgements }) => judgements);
  expect(judged.map(({ expectation }) => expectation)).toContain('no finding');
  expect(
    judged.filter(({ ok }) => !ok).map(({ expectation, detail }) => `${expectation}: ${detail}`),
  ).toEqual([]);
});
