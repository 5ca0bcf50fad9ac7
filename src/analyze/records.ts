/**
 * Records of a few numbers each, side by side in one array, taken and given back. What would be a million objects that
 * live long enough to cost the collector dearly is one array.
 */

const FIRST_RECORDS = 256;

export class Records {
  private readonly fields: number;
  private numbers: Float64Array;
  /** Records that were given back. */
  private readonly free: number[] = [];
  private used = 0;

  /** `fields`: numbers of a record. */
  constructor(fields: number) {
    this.fields = fields;
    this.numbers = new Float64Array(FIRST_RECORDS * fields);
  }

  /** A record whose fields say whatever they said last. */
  take(): number {
    const given = this.free.pop();
    if (given !== undefined) return given;
    if ((this.used + 1) * this.fields > this.numbers.length) {
      const larger = new Float64Array(2 * this.numbers.length);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    return this.used++;
  }

  giveBack(record: number): void {
    this.free.push(record);
  }

  get(record: number, field: number): number {
    return this.numbers[record * this.fields + field] as number;
  }

  set(record: number, field: number, value: number): void {
    this.numbers[record * this.fields + field] = value;
  }
}
