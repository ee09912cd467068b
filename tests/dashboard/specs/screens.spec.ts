import { readFileSync } from 'node:fs';
import { cycle, shopText, stack } from '../lib/cycles.ts';
import { Inspector } from '../lib/inspector.ts';
import { Link } from '../lib/link.ts';
import { Dashboard, expect, test as base } from '../lib/test.ts';

// The main screens as they were looked at and found good. `tests/dashboard/run screens --update-snapshots` takes them anew. To
// be the same on every machine they show an app whose cycles are made up, in fonts that come with the tests.
const test = base.extend<{ inspector: Inspector }>({
  inspector: async ({ page }, use) => {
    const inspector = await Inspector.alone();
    await use(inspector);
    await page.close();
    await inspector.stop();
  },
});
test.use({ bypassCSP: true });

const RUN = '5c4ee4500001';

const font = (family: string, name: string, weight: number) => {
  const file = readFileSync(new URL(`../node_modules/@fontsource/${name}/files/${name}-latin-${weight}-normal.woff2`, import.meta.url));
  return `@font-face { font-family: '${family}'; font-weight: ${weight}; src: url(data:font/woff2;base64,${file.toString('base64')}) }`;
};
const FONTS = [
  font('Pinned', 'dejavu-sans', 400),
  font('Pinned', 'dejavu-sans', 700),
  font('Pinned Mono', 'dejavu-mono', 400),
  font('Pinned Mono', 'dejavu-mono', 700),
  ":root:root { --sans: 'Pinned'; --mono: 'Pinned Mono' }",
].join('\n');

/** A morning in a shop: some pages, a form, a page that is not there, one that panics. */
const MORNING = Array.from({ length: 40 }, (_, number) => {
  const kind = number % 8;
  const well = kind !== 7;
  return cycle({
    run: RUN,
    app: 'shop',
    number,
    text: shopText,
    method: kind === 3 ? 'POST' : 'GET',
    target: kind === 3 ? '/cart/items' : `/books/${number}?page=${kind}`,
    route: kind === 3 ? '/cart/items' : '/books/{id}',
    durationUs: 700 + kind * 1_900 + number * 37,
    ...(well && { status: kind === 5 ? 404 : 200, outcome: { kind: 'completed' } }),
  });
});

const SCREENS: Record<string, (dash: Dashboard) => Promise<unknown>> = {
  list: async (dash) => (await dash.open(), await expect(dash.rows.first()).toContainText('/books/39')),
  cycle: async (dash) => {
    await dash.cycle(`${RUN}-39`, 4);
    await expect(dash.timeline.locator('.track').first()).toBeVisible();
    // Where there is no room it is behind a tab.
    if (dash.page.viewportSize()!.width > 860) await expect(dash.message('Response')).toContainText('Onions of the world');
  },
  map: async (dash) => (await dash.open({ screen: 'stack', run: RUN }), await expect(dash.page.getByRole('region', { name: 'Remarks' })).toBeVisible()),
};

test('the main screens look as they did: list, cycle, map; dark, light, narrow', async ({ page, inspector }) => {
  const link = await Link.open(inspector.socket, 'shop', RUN);
  await link.send({ type: 'stack', stack: stack(shopText) });
  for (const one of MORNING) await link.cycle(one);
  await inspector.cycle(`number:${MORNING.length - 1}`);
  await page.route('**/app.css', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\n${FONTS}` });
  });
  const dash = new Dashboard(page, inspector);
  for (const [name, show] of Object.entries(SCREENS)) {
    for (const [look, width, height, colorScheme] of [['dark', 1280, 800, 'dark'], ['light', 1280, 800, 'light'], ['narrow', 390, 844, 'light']] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto('about:blank');
      await show(dash);
      await page.evaluate(() => document.fonts.ready);
      // The meter of memory depends on how a cycle is kept.
      const mask = [page.getByRole('button', { name: /^State of the tool/ })];
      await expect(page).toHaveScreenshot(`${name}-${look}.png`, { mask });
    }
  }
  link.close();
});
