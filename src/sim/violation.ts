/** A broken invariant: it ends a run. */

export class Violation extends Error {
  override readonly name = 'Violation';
  /** Its name, the same whenever it breaks. */
  readonly invariant: string;

  constructor(invariant: string, text: string) {
    super(text);
    this.invariant = invariant;
  }
}
