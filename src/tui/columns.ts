/** Columns of whole numbers below 2^32, for tables of millions of rows in which most columns hardly ever change. */

/** A column of a page. While all its values are the same it is one number; then it takes four octets a row. */
export class Column {
  private readonly rows: number;
  private values: Uint32Array | undefined;
  private only = 0;
  private begun = false;

  /** `rows`: how many it can have. */
  constructor(rows: number) {
    this.rows = rows;
  }

  get(row: number): number {
    return this.values === undefined ? this.only : (this.values[row] as number);
  }

  set(row: number, value: number): void {
    if (this.values === undefined) {
      if (!this.begun) {
        this.begun = true;
        this.only = value;
      }
      if (value === this.only) return;
      this.values = new Uint32Array(this.rows).fill(this.only);
    }
    this.values[row] = value;
  }
}

const FIRST_NUMBERS = 1024;

/** A list that only grows at its end. While it counts up from 0 it takes no memory. */
export class NumberList {
  length = 0;
  private numbers: Uint32Array | undefined;

  push(number: number): void {
    const at = this.length++;
    if (this.numbers === undefined) {
      if (number === at) return;
      this.numbers = new Uint32Array(Math.max(FIRST_NUMBERS, 2 * at));
      for (let before = 0; before < at; before++) this.numbers[before] = before;
    }
    if (at === this.numbers.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[at] = number;
  }

  at(position: number): number | undefined {
    if (position >= this.length) return undefined;
    return this.numbers === undefined ? position : this.numbers[position];
  }

  /** Position of the first number that is not below `number`, in a list that rises; its length if there is none. */
  firstFrom(number: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.at(middle) as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
