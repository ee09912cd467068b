import type { Browser, Page } from '@playwright/test';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  tdur?: number;
  args: { name?: string };
}

/** What the main thread of a page did, by frame, in milliseconds of its own time: what others do on the machine is not in it. */
export interface Work {
  frames: number[];
  /** Of all frames: scripts, styles and layout, painting. */
  parts: Record<string, number>;
}

const PARTS: Record<string, string> = { FunctionCall: 'scripts', UpdateLayoutTree: 'styles', Layout: 'layout', PrePaint: 'painting', Paint: 'painting', Layerize: 'painting' };

/** Runs something and says what the page's main thread did meanwhile. */
export async function worked<T>(browser: Browser, page: Page, run: () => Promise<T>): Promise<[T, Work]> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'cc'] });
  const out = await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  return [out, work(traceEvents)];
}

function work(events: TraceEvent[]): Work {
  // Several pages may have one; the busiest is ours.
  const threads = events.filter(({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain');
  const all = threads.map(({ pid, tid }) => events.filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid && event.tdur !== undefined));
  const main = all.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const starts = main.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts).sort((a, b) => a - b);
  const frames = starts.slice(1).map(() => 0);
  const parts: Record<string, number> = {};
  for (const { name, ts, tdur } of main) {
    const at = starts.findLastIndex((start) => start <= ts);
    if (name === 'ThreadControllerImpl::RunTask' && at >= 0 && at < frames.length) frames[at]! += tdur! / 1_000;
    const part = PARTS[name];
    if (part) parts[part] = (parts[part] ?? 0) + tdur! / 1_000 / Math.max(1, frames.length);
  }
  return { frames, parts };
}

/** Told in one line. */
export const busiest = ({ parts }: Work) => Object.entries(parts).map(([part, ms]) => `${part} ${ms.toFixed(1)}`).join(', ');
