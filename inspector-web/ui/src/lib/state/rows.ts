import type { ListedCycle } from '../api/model';

export const PAGE = 100;

/** Pages kept at most. */
const MAX_PAGES = 80;

/** New cycles above the pages, before they become pages themselves. */
const MAX_FRESH = 5_000;

/**
 * The rows of the list, newest first: those that came since a position (`until`), and behind them pages of what was there
 * at that position. A row that nobody has asked for yet is not there.
 */
export class Rows {
  until = 0;
  matched = 0;
  #fresh: ListedCycle[] = []; // oldest first
  #pages = new Map<number, ListedCycle[]>();

  reset(until: number, matched: number): void {
    this.until = until;
    this.matched = matched;
    this.#fresh = [];
    this.#pages.clear();
  }

  get length(): number {
    return this.#fresh.length + this.matched;
  }

  at(index: number): ListedCycle | undefined {
    const fresh = this.#fresh.length;
    if (index < fresh) return this.#fresh[fresh - 1 - index];
    const behind = index - fresh;
    return this.#pages.get(Math.floor(behind / PAGE))?.[behind % PAGE];
  }

  /** Puts the newest on top; `cycles` are in order of arrival. */
  push(cycles: ListedCycle[]): void {
    const newest = this.#fresh.at(-1)?.position ?? this.until;
    this.#fresh.push(...cycles.filter((cycle) => cycle.position > newest));
    if (this.#fresh.length <= MAX_FRESH) return;
    // What is on top becomes pages; the pages below start at other places now and are asked for again.
    const all = this.#fresh.reverse();
    const whole = Math.floor(all.length / PAGE);
    this.reset(all[0]!.position, this.length);
    for (let page = 0; page < whole; page++) this.put(page, all.slice(page * PAGE, (page + 1) * PAGE));
  }

  put(page: number, cycles: ListedCycle[]): void {
    this.#pages.delete(page);
    this.#pages.set(page, cycles);
    if (this.#pages.size > MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value!);
  }

  /** Pages that rows `from` to `to` (exclusive) are on and that are not there. */
  missing(from: number, to: number): number[] {
    const fresh = this.#fresh.length;
    const first = Math.max(0, Math.floor((from - fresh) / PAGE));
    const end = Math.ceil(Math.min(to - fresh, this.matched) / PAGE);
    const pages = [];
    for (let page = first; page < end; page++) if (!this.#pages.has(page)) pages.push(page);
    return pages;
  }

  /** Where a cycle is, among the rows that are there; -1 if it is not. */
  find(id: string): number {
    const fresh = this.#fresh.findLastIndex((cycle) => cycle.id === id);
    if (fresh >= 0) return this.#fresh.length - 1 - fresh;
    for (const [page, cycles] of this.#pages) {
      const at = cycles.findIndex((cycle) => cycle.id === id);
      if (at >= 0) return this.#fresh.length + page * PAGE + at;
    }
    return -1;
  }
}
