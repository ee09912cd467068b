/** What a cell is written in: as code, or as the rest. */
export type Type = 'mono' | 'sans';

/** What every font for code has. */
const PLAIN = /^[\x20-\x7e]+$/;
/** Texts of which the width is kept. */
const MOST = 2_000;

/**
 * Which texts fit into their columns. Only those that do not are cut off: a clip around every cell takes more of a frame than all
 * else that painting the list does.
 */
export class Columns {
  #widths = $state.raw<number[]>([]);
  #fonts: Partial<Record<Type, string>> = {};
  /** How wide texts are that were looked at. */
  #known = new Map<string, number>();
  #pen = document.createElement('canvas').getContext('2d')!;

  /** Looks at the columns anew, and at what their cells are written in. */
  look(table: HTMLElement): void {
    for (const type of ['mono', 'sans'] as const) {
      const cell = table.querySelector(`[data-type=${type}]`);
      if (cell) this.#fonts[type] = getComputedStyle(cell).font;
    }
    this.#known.clear();
    const titles = table.querySelectorAll('[role=columnheader]');
    this.#widths = Array.from(titles, (title) => title.clientWidth);
  }

  fits(column: number, type: Type, text: string): boolean {
    const width = this.#widths[column];
    // Nothing is known yet; or the column is not shown.
    if (!width || this.#fonts[type] === undefined) return width === 0;
    return this.#measure(type, text) <= width;
  }

  #measure(type: Type, text: string): number {
    // Signs of code are all as wide as one.
    if (type === 'mono' && text.length > 1 && PLAIN.test(text)) return text.length * this.#measure(type, 'x');
    const key = type + text;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#pen.font = this.#fonts[type]!;
    const { width } = this.#pen.measureText(text);
    if (this.#known.size === MOST) this.#known.clear();
    this.#known.set(key, width);
    return width;
  }
}
