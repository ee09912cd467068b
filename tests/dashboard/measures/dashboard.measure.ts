import type { Browser, CDPSession, Page } from '@playwright/test';
import { Feed } from '../lib/feed.ts';
import { figure, percentile } from '../lib/figures.ts';
import { busiest, worked, type Work } from '../lib/frames.ts';
import { Inspector } from '../lib/inspector.ts';
import { Dashboard, expect, test as base } from '../lib/test.ts';

/** A frame of a screen that shows sixty a second, as the clock of a page has it, which counts tenths. */
const FRAME_MS = 16.8;

/** Room for every cycle that is sent. */
const MEMORY_MIB = 4_096;

interface Full {
  dash: Dashboard;
  feed: Feed;
}

/** `full`: an inspector that keeps so many cycles, the page on it, and the app that they came from. They end with the test, however it ends. */
const test = base.extend<{ full: (cycles: number) => Promise<Full> }>({
  full: async ({ page }, use) => {
    const ends: (() => unknown)[] = [];
    await use(async (cycles) => {
      const inspector = await Inspector.alone(0, MEMORY_MIB);
      ends.unshift(() => inspector.stop());
      const feed = await Feed.open(inspector.socket);
      ends.unshift(() => feed.link.close());
      ends.unshift(() => page.close());
      await feed.send(cycles);
      const stored = async () => (await inspector.get<{ counters: { stored: number } }>('/api/status')).counters.stored;
      await expect.poll(stored, { timeout: 300_000 }).toBe(cycles);
      return { dash: new Dashboard(page, inspector), feed };
    });
    for (const end of ends) await end();
  },
});

/** Notes when something can be seen, when the first row is there, and when the page was last busy for long. */
function watchLoading(): void {
  const seen = { rows: 0, busyUntil: 0 };
  Object.assign(window, { seen });
  new PerformanceObserver((entries) => {
    for (const task of entries.getEntries()) seen.busyUntil = Math.max(seen.busyUntil, task.startTime + task.duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    // The frame that a row is in has been made when the next one is asked for.
    if (!document.querySelector('[role=row][aria-busy=false]')) requestAnimationFrame(look);
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
            out.empty += document.querySelectorAll('[role=row][aria-busy=true]').length;
          }
          if (now - began < ms!) requestAnimationFrame(frame);
          else done(out);
        };
        requestAnimationFrame(frame);
      }),
    [ms, pixels],
  );
}

function told(what: string, { frames, empty, looked }: Scrolled, work: Work): void {
  const info = test.info();
  figure(info, { what: `${what}: the page's own work in a frame, p95`, value: percentile(work.frames, 95), unit: 'ms', limit: FRAME_MS });
  figure(info, { what: `${what}: the same, median (${busiest(work)})`, value: percentile(work.frames, 50), unit: 'ms' });
  figure(info, { what: `${what}: frame p95`, value: percentile(frames, 95), unit: 'ms', limit: FRAME_MS });
  figure(info, { what: `${what}: frame p99`, value: percentile(frames, 99), unit: 'ms' });
  figure(info, { what: `${what}: longest frame`, value: Math.max(...frames), unit: 'ms' });
  figure(info, { what: `${what}: frames`, value: frames.length, unit: '' });
  figure(info, { what: `${what}: rows not there yet`, value: (100 * empty) / Math.max(1, looked), unit: '%' });
}

/**
 * What this browser makes of a list that costs nothing: lines of plain text that are there from the start, scrolled as far. Without a
 * graphics card that is the floor of all frames here.
 */
async function floor(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const line = '<div style="height: 26px">12:01:07.411 GET /books/7?page=2 /books/{id} 200 3.1 ms completed 1 sql shop 1</div>';
  await page.setContent(`<body style="margin: 0"><div role="grid" style="height: 800px; overflow: auto">${line.repeat(5_000)}</div>`);
  await scroll(page, 1_000, 130);
  const [scrolled, work] = await worked(browser, page, () => scroll(page, 10_000, 130));
  told('plain lines, scrolling 5 a frame', scrolled, work);
  await page.close();
}

/** Bytes of the script's heap that are in use after the garbage is gone. */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
}

test('a page of plain text', async ({ browser }) => floor(browser));

for (const cycles of [10_000, 100_000]) {
  test(`${cycles.toLocaleString('en')} cycles`, async ({ browser, page, full }) => {
    const info = test.info();
    const { dash } = await full(cycles);
    await page.addInitScript(watchLoading);
    await load(dash);
    const loads = [];
    for (let i = 0; i < 9; i++) loads.push(await load(dash));
    for (const what of ['paint', 'rows', 'interactive'] as const) {
      const name = { paint: 'first paint', rows: 'first page of rows', interactive: 'interactive' }[what];
      figure(info, { what: `${name}, median of 9`, value: percentile(loads.map((one) => one[what]), 50), unit: 'ms' });
    }
    // A wheel turned fast, and the bar dragged across thousands of rows.
    await scroll(page, 1_000, 130);
    told('scrolling 5 rows a frame', ...(await worked(browser, page, () => scroll(page, 10_000, 130))));
    told('scrolling 300 rows a frame', ...(await worked(browser, page, () => scroll(page, 10_000, 7_800))));
  });
}

test('1,000 cycles a second, live for a minute', async ({ browser, page, full }) => {
  const info = test.info();
  const { dash, feed } = await full(10_000);
  await dash.open();
  await expect(dash.rows.first()).toContainText('shop');
  const cdp = await page.context().newCDPSession(page);
  // What is kept of rows is full by then.
  await Promise.all([feed.live(1_000, 10_000), scroll(page, 10_000, 130)]);
  const start = await heap(cdp);
  const all: Scrolled = { frames: [], empty: 0, looked: 0 };
  const work: Work = { frames: [], parts: {} };
  const heaps = [start];
  for (let part = 0; part < 4; part++) {
    const [[some, done]] = await Promise.all([worked(browser, page, () => scroll(page, 15_000, 130)), feed.live(1_000, 15_000)]);
    all.frames.push(...some.frames);
    all.empty += some.empty;
    all.looked += some.looked;
    work.frames.push(...done.frames);
    work.parts = done.parts;
    heaps.push(await heap(cdp));
  }
  told('scrolling 5 rows a frame', all, work);
  heaps.forEach((value, at) => figure(info, { what: `heap after ${at * 15} s`, value, unit: 'MiB', ...(at > 0 && { limit: Math.ceil(start * 1.25 + 2) }) }));
  const missed = await page.getByText(/live events came faster/).count();
  figure(info, { what: 'times that events came too fast', value: missed, unit: '', limit: 0 });
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText(`${feed.sent.toLocaleString('en')} kept`);
});
