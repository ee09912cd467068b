/** The part of a cycle's time that is in view, in nanoseconds from its start. */
export class Zoom {
  from = $state(0);
  to = $state(1);
  total = $state(1);

  /** A new cycle: all of it. */
  reset(total: number): void {
    this.total = Math.max(1, total);
    this.from = 0;
    this.to = this.total;
  }

  get span(): number {
    return this.to - this.from;
  }

  get whole(): boolean {
    return this.span >= this.total;
  }

  /** Where a time is, in percent of what is in view. */
  x(ns: number): number {
    return (100 * (ns - this.from)) / this.span;
  }

  /** The time at a share (0 to 1) of what is in view. */
  at(share: number): number {
    return this.from + share * this.span;
  }

  /** Shows from one time to another, within the cycle; at least a thousandth of it, or a microsecond. */
  show(from: number, to: number): void {
    const least = Math.min(this.total, Math.max(1_000, this.total / 1_000));
    const span = Math.min(this.total, Math.max(least, to - from));
    this.from = Math.max(0, Math.min(this.total - span, from));
    this.to = this.from + span;
  }

  /** Shows `factor` times as much, around the time at a share of the view. */
  by(factor: number, share = 0.5): void {
    const around = this.at(share);
    const span = this.span * factor;
    this.show(around - share * span, around + (1 - share) * span);
  }

  /** Moves the view by a share of itself. */
  pan(share: number): void {
    this.show(this.from + share * this.span, this.to + share * this.span);
  }
}

/** Round times for a ruler, about `want` of them between two. */
export function ticks(from: number, to: number, want = 6): number[] {
  const rough = (to - from) / want;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * size).find((n) => n >= rough)!;
  const out = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) out.push(at);
  return out;
}
