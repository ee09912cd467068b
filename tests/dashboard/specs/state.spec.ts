import { Inspector } from '../lib/inspector.ts';
import { Dashboard, expect, test } from '../lib/test.ts';

test('the state of the tool: what is kept, memory of its budget, what was lost, who is connected', async ({ page, dash, shop }) => {
  await shop.visit('/books/20');
  await dash.open();
  await page.keyboard.press('3');
  const dialog = page.getByRole('dialog', { name: 'State of the tool' });
  await expect(dialog).toContainText(/Memory.* of 256 MiB/);
  await expect(dialog).toContainText(/Lost\s*0/);
  await expect(dialog).toContainText('● up');
  const kept = (await shop.get<{ counters: { stored: number } }>('/api/status')).counters.stored;
  await expect(dialog).toContainText(new RegExp(`Kept\\s*${kept.toLocaleString('en')}`));
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('what apps that connect by TCP are given stands where none has come yet, and in the state of the tool', async ({ page }) => {
  const inspector = await Inspector.alone(0, 64, ['--link=0']);
  try {
    await new Dashboard(page, inspector).open();
    const link = /ONIONSKIN_LINK=tcp:\/\/[0-9a-f]{32}@127\.0\.0\.1:\d+/;
    await expect(page.getByText(link)).toBeVisible();
    await page.keyboard.press('3');
    await expect(page.getByRole('dialog', { name: 'State of the tool' })).toContainText(link);
  } finally {
    await inspector.stop();
  }
});

test('when the inspector goes it is said, and a new one is taken up in the same tab', async ({ page, guard }) => {
  guard.allow = [/ERR_|401|Failed to load/];
  const first = await Inspector.shop();
  const dash = new Dashboard(page, first);
  const kept = await first.visit('/books/21');
  await dash.open();
  await expect(dash.list.getByText(kept.target)).toBeVisible();
  await first.stop();
  await expect(page.getByText(/Next attempt in \d+ s/)).toBeVisible();
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText('no connection');
  await expect(dash.list.getByText(kept.target)).toBeVisible();

  const second = await Inspector.shop(Number(new URL(first.origin).port));
  try {
    expect(second.origin).toBe(first.origin);
    const fresh = await second.visit('/books/22');
    // Its token is another one: that is said, with what to do; the new URL in the address bar is all that is needed.
    const state = page.getByRole('button', { name: /^State of the tool/ });
    await expect(state).toContainText('not connected');
    await expect(page.getByText('Paste the URL that it printed into the address bar')).toBeVisible();
    await page.evaluate(() => Object.assign(window, { stayed: true }));
    await page.goto(second.url);
    await expect(state).toContainText(/: connected/);
    await expect(dash.list.getByText(fresh.target)).toBeVisible();
    await expect(dash.list.getByText(kept.target)).toHaveCount(0);
    await expect(page.getByText('Paste the URL')).toHaveCount(0);
    expect(page.url()).not.toContain(second.token);
    expect(await page.evaluate(() => 'stayed' in window), 'the page was not loaded anew').toBe(true);
  } finally {
    await second.stop();
  }
});

test('everything is done by keyboard, from the filter into a cycle and back', async ({ page, dash, shop }) => {
  const newest = [await shop.visit('/books/23'), await shop.visit('/books/24')];
  await dash.open();
  await page.keyboard.press('/');
  await page.keyboard.type('path:/books/2*');
  await page.keyboard.press('Enter');
  await expect.poll(() => dash.place.get('filter')).toBe('path:/books/2*');
  await page.keyboard.press('Escape');
  await expect(dash.filter).not.toBeFocused();
  await expect(dash.rows.first()).toContainText(newest[1]!.target);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(dash.cycleName).toHaveText(`GET ${newest[0]!.target}`);
  await page.keyboard.press('ArrowRight');
  await expect(dash.step).toHaveText(/^step 2 /);
  await page.keyboard.press('p');
  await expect(page.locator('.pane.step')).toBeFocused();
  await page.keyboard.press('p');
  await expect(page.locator('.pane.req')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dash.cycleName).toHaveCount(0);
  await page.keyboard.press('2');
  await expect(page.getByRole('region', { name: 'Routes' })).toBeVisible();
  await page.keyboard.press('1');
  await expect(dash.list).toBeVisible();
});

test('each thing that has the focus by Tab is seen to have it, and none traps it', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/25')).id);
  const met = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const at = document.activeElement!;
      const style = getComputedStyle(at);
      // The line between list and cycle is coloured instead.
      const name = at.getAttribute('aria-label') ?? at.textContent?.trim().slice(0, 30) ?? '';
      return { what: `${at.tagName} ${name}`, seen: at.matches('[role=separator]') || style.outlineStyle !== 'none' || style.boxShadow !== 'none', body: at === document.body };
    });
    if (focus.body) continue;
    expect(focus.seen, `${focus.what} shows its focus`).toBe(true);
    met.add(focus.what);
  }
  expect(met.size).toBeGreaterThan(15);
});

test('? shows the keys, from the table that the terminal has', async ({ page, dash, shop }) => {
  await dash.open();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  const groups = await shop.get<{ commands: { what: string; web_what: string | null; web: string[] }[] }[]>('/api/keys');
  for (const line of groups.flatMap((group) => group.commands).filter(({ web }) => web.length)) {
    await expect(dialog.getByRole('definition').filter({ hasText: line.web_what ?? line.what }).first()).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('at 390 pixels nothing is wider than the page, and all panes can be reached', async ({ page, dash, shop }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const fits = () => expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const cycle = await shop.visit('/books/26');
  await dash.open();
  await fits();
  await dash.list.getByText(cycle.target).click();
  await expect(dash.cycleName).toBeVisible();
  await fits();
  for (const [tab, region] of [['Steps', 'Steps'], ['Request', 'Request'], ['Response', 'Response'], ['Timeline', 'Timeline']] as const) {
    await page.getByRole('tablist', { name: 'Panes' }).getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('region', { name: region, exact: true })).toBeVisible();
    await fits();
  }
  await page.getByRole('button', { name: 'Back to the list' }).click();
  await expect(dash.list).toBeVisible();
  await page.keyboard.press('2');
  await expect(page.getByRole('region', { name: 'Routes' })).toBeVisible();
  await fits();
});

test('at 390 pixels recording, leaving out health checks and the filter are there, by pointer and by keyboard', async ({ page }) => {
  const inspector = await Inspector.alone();
  try {
    await page.setViewportSize({ width: 390, height: 844 });
    const dash = new Dashboard(page, inspector);
    await dash.open();
    const record = page.getByRole('button', { name: 'Record', exact: true });
    await expect(record).toBeInViewport({ ratio: 1 });
    await record.click();
    const running = page.getByRole('button', { name: /recorded$/ });
    await expect(running).toHaveAttribute('aria-pressed', 'true');
    await running.press('Enter');
    await expect(record).toHaveAttribute('aria-pressed', 'false');
    // By Tab alone, from the top of the page.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    for (let i = 0; i < 20 && !(await record.evaluate((one) => one === document.activeElement)); i++) await page.keyboard.press('Tab');
    await expect(record).toBeFocused();
    await page.keyboard.press('Space');
    await expect(running).toHaveAttribute('aria-pressed', 'true');
    await expect(running).toBeInViewport({ ratio: 1 });
    await page.getByRole('button', { name: 'hide health checks' }).click();
    await expect.poll(() => dash.place.get('quiet')).toBe('1');
    expect((await dash.filter.boundingBox())!.width, 'there is room for a filter').toBeGreaterThan(300);
    const menu = page.locator('summary', { hasText: 'Filters' });
    await menu.click();
    await expect(page.getByRole('button', { name: /^errors/ })).toBeInViewport({ ratio: 1 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  } finally {
    await page.close();
    await inspector.stop();
  }
});

test('at 390 pixels what is compared stands one below the other', async ({ page, dash, shop }) => {
  const [a, b] = [await shop.visit('/books/18'), await shop.visit('/books/19', { headers: { 'x-other': 'yes' } })];
  await page.setViewportSize({ width: 390, height: 844 });
  await dash.open({ screen: 'compare', against: a.id, cycle: b.id });
  const edit = page.getByRole('listitem').filter({ hasText: 'x-other:' });
  await expect(edit).toBeInViewport({ ratio: 1 });
  expect((await edit.boundingBox())!.width).toBeGreaterThan(300);
});

test('a tab whose token is an old one takes the new URL where it says so, and opens the cycle of its link', async ({ page, dash, shop, guard }) => {
  guard.allow = [/401/];
  const { id, target } = await shop.visit('/books/27');
  await page.goto(`${shop.origin}/#token=${'0'.repeat(64)}&cycle=${id}`);
  const form = page.getByLabel('URL or token');
  await expect(form).toBeVisible();
  await expect(page.getByText('The inspector does not know the token of this tab.', { exact: true })).toBeVisible();
  await form.fill(shop.url);
  await form.press('Enter');
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText(/: connected/);
  await expect(form).toHaveCount(0);
  await expect(dash.cycleName).toHaveText(`GET ${target}`);
});
