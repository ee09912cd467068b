/** A time of so many nanoseconds, three figures: `412 ns`, `3.14 ms`, `12.8 s`. */
export function duration(ns: number): string {
  if (ns < 1_000) return `${Math.round(ns)} ns`;
  if (ns / 1e3 < 999.5) return `${figures(ns / 1e3)} µs`;
  if (ns / 1e6 < 999.5) return `${figures(ns / 1e6)} ms`;
  return `${figures(ns / 1e9)} s`;
}

const SIZES = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** So many bytes, in powers of 1024: `980 B`, `1.5 KiB`, `64 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1023.5 && unit + 1 < SIZES.length; unit++) value /= 1024;
  return `${figures(value)} ${SIZES[unit]}`;
}

/** Three significant figures, without zeros that say nothing. */
function figures(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value < 9.995 ? 2 : 1).replace(/\.?0+$/, '');
}

/** A number of things: `12,345`. */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** So many things, in words: `1 cycle`, `1,204 cycles`. */
export function counted(n: number, what: string): string {
  return `${count(n)} ${what}${n === 1 ? '' : 's'}`;
}

/** The time of day here, of so many microseconds since the Unix epoch: `12:01:07.411`. */
export function clock(unixUs: number): string {
  const date = new Date(unixUs / 1_000);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** A share: `0 %`, `2.5 %`, `100 %`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${figures((100 * part) / whole)} %`;
}
