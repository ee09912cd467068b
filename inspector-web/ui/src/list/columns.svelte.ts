/** What a cell is written in: as code, or as the rest. */
export type Type = 'mono' | 'sans';

/**
 * Which texts fit into their columns. Only those that do not are cut off: a clip around every cell takes more of a frame than all
 * else that painting the list does.
 */
export class Columns {
  #widths = $state.raw<number[]>([]);
  #fonts: Partial<Record<Type, string>> = {};
  #pen = document.createElement('canvas').getContext('2d')!;

  /** Looks at the columns anew, and at what their cells are written in. */
  look(table: HTMLElement): void {
    for (const type of ['mono', 'sans'] as const) {
      const cell = table.querySelector(`[data-type=${type}]`);
      if (cell) this.#fonts[type] = getComputedStyle(cell).font;
    }
    const titles = table.querySelectorAll('[role=columnheader]');
    this.#widths = Array.from(titles, (title) => title.clientWidth);
  }

  fits(column: number, type: Type, text: string): boolean {
    const width = this.#widths[column];
    const font = this.#fonts[type];
    // Nothing is known yet; or the column is not shown.
    if (!width || font === undefined) return width === 0;
    this.#pen.font = font;
    return this.#pen.measureText(text).width <= width;
  }
}
