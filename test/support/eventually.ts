/** Waiting for what happens elsewhere: asks again and again until the answer is right, or fails with the last one. */

const PAUSE_MILLIS = 100;

/** Resolves to the first answer that `right` accepts. What `ask` throws counts as a wrong answer. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  right: (answer: T) => boolean,
  patienceMillis = 20_000,
): Promise<T> {
  const end = performance.now() + patienceMillis;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (right(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const text = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`${what}: not within ${patienceMillis / 1000} s; last seen: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
  }
}
