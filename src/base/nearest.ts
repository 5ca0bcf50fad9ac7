/** "Did you mean": the word that somebody probably wanted to write. */

/** Of a longer word only the beginning is compared. */
const WORD_CHARACTERS_MAX = 64;

/** The known word with the fewest edits, if that is close enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editDistance(
      word.toLowerCase().replaceAll('_', '-').slice(0, WORD_CHARACTERS_MAX),
      candidate.toLowerCase().replaceAll('_', '-'),
    );
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** The end of a message about an unknown word: `; did you mean X?`, or if nothing is near `otherwise` in the place of it. */
export function suggestion(word: string, known: readonly string[], otherwise?: string): string {
  const near = nearest(word, known);
  if (near !== undefined) return `; did you mean ${near}?`;
  return otherwise === undefined ? '' : `; ${otherwise}`;
}

/** Characters changed, left out, added, or exchanged with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (previous[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          substituted,
          (previous[column] as number) + 1,
          (current[column - 1] as number) + 1,
          swapped ? (beforePrevious[column - 2] as number) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
