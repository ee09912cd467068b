import type { ListedCycle } from '../lib/api/model';

/** A row of the screen, and what stands in it. The same object as long as that is the same. */
export interface Slot {
  /** Which of the elements it is in. */
  key: number;
  /** How many rows are below it: that stays when rows come on top. */
  below: number;
  cycle: ListedCycle | undefined;
  /** It is the first cycle of its run: the app was started anew. */
  begins: boolean;
}

/**
 * As many rows as fit on the screen. A row that leaves it at one end comes in at the other as the same element, so that
 * scrolling by a row costs one row. After a jump to other rows each element stays in its place: moving one costs a frame more
 * than all that is written into it.
 */
export class Slots {
  #all: Slot[] = [];
  /** The element of the row that has none below it; not yet taken to the number of elements. */
  #shift = 0;
  /** The topmost row of the last time, and how many rows there were from it on. */
  #top = { below: 0, count: 0 };

  /** Rows `from` to `to` (exclusive) of so many, in order. */
  rows(from: number, to: number, length: number, row: (index: number) => ListedCycle | undefined): Slot[] {
    const count = Math.max(0, to - from);
    // A row more at an end of the list is no reason to make all anew.
    if (count > this.#all.length) this.#all.length = count;
    this.#jump(length - 1 - from, count);
    return Array.from({ length: count }, (_, i) => {
      const index = from + i;
      return this.#slot(length - 1 - index, row(index), row(index + 1));
    });
  }

  /** If none of the rows was there before, the topmost gets the element that was topmost. */
  #jump(below: number, count: number): void {
    const by = below - this.#top.below;
    if (by >= count || by <= -this.#top.count) this.#shift -= by;
    this.#top = { below, count };
  }

  #slot(below: number, cycle: ListedCycle | undefined, older: ListedCycle | undefined): Slot {
    const key = (((below + this.#shift) % this.#all.length) + this.#all.length) % this.#all.length;
    const begins = cycle !== undefined && older !== undefined && older.app === cycle.app && older.run !== cycle.run;
    const was = this.#all[key];
    if (was && was.below === below && was.cycle === cycle && was.begins === begins) return was;
    return (this.#all[key] = { key, below, cycle, begins });
  }
}
