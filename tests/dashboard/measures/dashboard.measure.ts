import type { CDPSession, Page } from '@playwright/test';
import { Feed } from '../lib/feed.ts';
import { figure, percentile } from '../lib/figures.ts';
import { Inspector } from '../lib/inspector.ts';
import { Dashboard, expect, test } from '../lib/test.ts';

/** A frame of a screen that shows sixty a second. */
const FRAME_MS = 16.7;

/** Room for every cycle that is sent. */
const MEMORY_MIB = 4_096;

/** An inspector that keeps so many cycles, the page on it, and the app that they came from. */
async function full(page: Page, cycles: number): Promise<{ dash: Dashboard; feed: Feed; stop: () => Promise<void> }> {
  const inspector = await Inspector.alone(0, MEMORY_MIB);
  const feed = await Feed.open(inspector.socket);
  await feed.send(cycles);
  const stored = async () => (await inspector.get<{ counters: { stored: number } }>('/api/status')).counters.stored;
  await expect.poll(stored, { timeout: 300_000 }).toBe(cycles);
  return { dash: new Dashboard(page, inspector), feed, stop: async () => (await page.close(), feed.link.close(), await inspector.stop()) };
}

/** Notes when something can be seen, when the first row is there, and when the page was last busy for long. */
function watchLoading(): void {
  const seen = { rows: 0, busyUntil: 0 };
  Object.assign(window, { seen });
  new PerformanceObserver((entries) => {
    for (const task of entries.getEntries()) seen.busyUntil = Math.max(seen.busyUntil, task.startTime + task.duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    // The frame that a row is in has been made when the next one is asked for.
    if (!document.querySelector('[role=gridcell] + [role=gridcell]')) requestAnimationFrame(look);
    else requestAnimationFrame(() => (seen.rows = performance.now()));
  };
  requestAnimationFrame(look);
}

/** Times of one load: first paint, first rows, and interactive: rows are there and no long task runs any more. */
async function load(dash: Dashboard): Promise<{ paint: number; rows: number; interactive: number }> {
  await dash.page.goto('about:blank');
  await dash.page.goto(dash.inspector.url);
  await expect(dash.rows.first()).toContainText('shop');
  await dash.page.waitForFunction(() => (window as unknown as { seen: { rows: number } }).seen.rows > 0);
  return dash.page.evaluate(() => {
    const { rows, busyUntil } = (window as unknown as { seen: { rows: number; busyUntil: number } }).seen;
    return { paint: performance.getEntriesByName('first-contentful-paint')[0]!.startTime, rows, interactive: Math.max(rows, busyUntil) };
  });
}

interface Scrolled {
  /** From one frame to the next. */
  frames: number[];
  /** Rows that stood there empty, of all that were looked at. */
  empty: number;
  looked: number;
}

/** Scrolls the list up and down, so many pixels a frame, for so long, and notes each frame. */
function scroll(page: Page, ms: number, pixels: number): Promise<Scrolled> {
  return page.evaluate(
    ([ms, pixels]) =>
      new Promise<Scrolled>((done) => {
        const table = document.querySelector('[role=grid]')!;
        const out: Scrolled = { frames: [], empty: 0, looked: 0 };
        let [by, began, before] = [pixels!, 0, 0];
        const frame = (now: number) => {
          began ||= now;
          if (before) out.frames.push(now - before);
          before = now;
          const top = table.scrollTop;
          table.scrollTop = top + by;
          if (Math.abs(table.scrollTop - top - by) > 1) by = -by;
          if (out.frames.length % 10 === 0) {
            out.looked += document.querySelectorAll('[role=row][id]').length;
            out.empty += document.querySelectorAll('[role=row][id] > :only-child').length;
          }
          if (now - began < ms!) requestAnimationFrame(frame);
          else done(out);
        };
        requestAnimationFrame(frame);
      }),
    [ms, pixels],
  );
}

function told(what: string, { frames, empty, looked }: Scrolled): void {
  const info = test.info();
  figure(info, { what: `${what}: frame p95`, value: percentile(frames, 95), unit: 'ms', limit: FRAME_MS });
  figure(info, { what: `${what}: frame p99`, value: percentile(frames, 99), unit: 'ms' });
  figure(info, { what: `${what}: longest frame`, value: Math.max(...frames), unit: 'ms' });
  figure(info, { what: `${what}: frames`, value: frames.length, unit: '' });
  figure(info, { what: `${what}: rows not there yet`, value: (100 * empty) / Math.max(1, looked), unit: '%' });
}

/** Bytes of the script's heap that are in use after the garbage is gone. */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
}

for (const cycles of [10_000, 100_000]) {
  test(`${cycles.toLocaleString('en')} cycles`, async ({ page }) => {
    const info = test.info();
    const { dash, stop } = await full(page, cycles);
    await page.addInitScript(watchLoading);
    await load(dash);
    const loads = [];
    for (let i = 0; i < 9; i++) loads.push(await load(dash));
    for (const what of ['paint', 'rows', 'interactive'] as const) {
      const name = { paint: 'first paint', rows: 'first page of rows', interactive: 'interactive' }[what];
      figure(info, { what: `${name}, median of 9`, value: percentile(loads.map((one) => one[what]), 50), unit: 'ms' });
    }
    // A wheel turned fast, and the bar dragged across thousands of rows.
    told('scrolling 5 rows a frame', await scroll(page, 15_000, 130));
    told('scrolling 300 rows a frame', await scroll(page, 10_000, 7_800));
    await stop();
  });
}

test('1,000 cycles a second, live for a minute', async ({ page }) => {
  const info = test.info();
  const { dash, feed, stop } = await full(page, 10_000);
  await dash.open();
  await expect(dash.rows.first()).toContainText('shop');
  const cdp = await page.context().newCDPSession(page);
  // What is kept of rows is full by then.
  await Promise.all([feed.live(1_000, 10_000), scroll(page, 10_000, 130)]);
  const start = await heap(cdp);
  const all: Scrolled = { frames: [], empty: 0, looked: 0 };
  const heaps = [start];
  for (let part = 0; part < 4; part++) {
    const [some] = await Promise.all([scroll(page, 15_000, 130), feed.live(1_000, 15_000)]);
    all.frames.push(...some.frames);
    all.empty += some.empty;
    all.looked += some.looked;
    heaps.push(await heap(cdp));
  }
  told('scrolling 5 rows a frame', all);
  heaps.forEach((value, at) => figure(info, { what: `heap after ${at * 15} s`, value, unit: 'MiB', ...(at > 0 && { limit: Math.ceil(start * 1.25 + 2) }) }));
  const missed = await page.getByText(/live events came faster/).count();
  figure(info, { what: 'times that events came too fast', value: missed, unit: '', limit: 0 });
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText(`${feed.sent.toLocaleString('en')} kept`);
  await stop();
});
