import type { Route } from '@playwright/test';
import { expect, test } from '../lib/test.ts';

test('a key that is pressed before the page knows its keys is not lost', async ({ page, dash }) => {
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/keys', async (route) => {
    await asked;
    await route.continue();
  });
  await dash.open();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  answer();
  await expect(page.getByRole('dialog')).toBeVisible();
});

test('a table of keys that does not come is asked for again, and the keys pressed before are taken then', async ({ page, dash, guard }) => {
  guard.allow = [/Failed to load|ERR_/];
  const failures = [(route: Route) => route.abort(), (route: Route) => route.fulfill({ status: 500 })];
  await page.route('**/api/keys', async (route) => {
    await (failures.shift() ?? ((last: Route) => last.continue()))(route);
  });
  await dash.open();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' }).getByRole('definition').first()).toBeVisible();
  expect(failures).toEqual([]);
});

for (const [when, wrong] of [['without a token', null], ['once it is refused', '0'.repeat(64)]] as const) {
  test(`keys are kept only while the table is asked for, not ${when}`, async ({ page, dash, shop, guard }) => {
    guard.allow = [/Failed to load/];
    const { target } = await shop.visit('/books/30');
    const refused = wrong ? page.waitForResponse('**/api/keys') : null;
    await page.goto(wrong ? `${shop.origin}/#token=${wrong}` : shop.origin);
    const form = page.getByLabel('URL or token');
    await expect(form).toBeVisible();
    expect((await refused)?.status()).toBe(wrong ? 401 : undefined);
    await page.keyboard.press('2');
    await page.keyboard.press('?');
    await form.fill(shop.token);
    await form.press('Enter');
    await dash.list.getByText(target).click();
    // The table has come: what was kept would have been taken with it.
    await expect(page.getByRole('button', { name: 'First step' })).toHaveAttribute('title', /\(.+\)/);
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
}

test('a text is searched for in a cycle, and gone to from step to step, round and round', async ({ page, dash, shop }) => {
  const { id } = await shop.visit('/books/31');
  const { steps } = await shop.get<{ steps: number[] }>(`/api/cycles/${id}/search?q=x-request-id`);
  expect(steps.length).toBeGreaterThan(1);
  await dash.cycle(id);
  const field = page.getByRole('searchbox', { name: 'Search in this cycle' });
  await page.keyboard.press('n');
  await expect(field, 'nothing is searched for yet').toBeFocused();
  await page.keyboard.press('Escape');

  // In a pane of the cycle it is the search's key, elsewhere the filter's.
  await page.keyboard.press('p');
  await page.keyboard.press('/');
  await expect(field).toBeFocused();
  await page.keyboard.type('X-Request-Id');
  const pane = page.getByRole('region', { name: 'Steps' });
  await expect(pane.getByRole('status')).toHaveText(new RegExp(`^${steps.length} of \\d+$`));
  await expect(pane.getByRole('button', { name: '(found)' })).toHaveCount(steps.length);
  await page.keyboard.press('Enter');
  const at = (step: number) => expect(dash.step).toHaveText(new RegExp(`^step ${step + 1} /`));
  const first = steps.find((step) => step > 0)!;
  await at(first);
  await page.locator('.pane.step').focus();
  await page.keyboard.press('N');
  await at(steps[0] === first ? steps.at(-1)! : steps[0]!);
  await page.keyboard.press('n');
  await at(first);
  // What is entered at once is what is gone to, not what was found before.
  await page.keyboard.press('/');
  await expect(field).toBeFocused();
  const others = await shop.get<{ steps: number[] }>(`/api/cycles/${id}/search?q=security_headers`);
  const other = others.steps.find((step) => step > first)!;
  expect(other).not.toBe(steps.find((step) => step > first));
  await page.keyboard.type('security_headers');
  await page.keyboard.press('Enter');
  await at(other);
  await page.keyboard.press('Escape');
  await expect(field).toHaveValue('');
  await expect(pane.getByRole('button', { name: '(found)' })).toHaveCount(0);
  await dash.list.focus();
  await page.keyboard.press('/');
  await expect(dash.filter).toBeFocused();
});

test('what has the focus is copied, or what is pointed at, or the whole step', async ({ page, dash, shop, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await dash.cycle((await shop.visit('/books/32', { headers: { 'x-held': 'held', 'x-pointed': 'pointed' } })).id, 999);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  const request = dash.message('Request');
  await request.getByRole('listitem').filter({ hasText: 'x-pointed' }).hover();
  await page.keyboard.press('y');
  await expect.poll(copied).toBe('pointed');
  await request.getByRole('button', { name: /^History of x-held/ }).focus();
  await page.keyboard.press('y');
  await expect.poll(copied).toBe('held');
  await page.keyboard.press('Y');
  await expect.poll(copied).toMatch(/^GET \/books\/32\S*, step \d+: .*\n\nrequest\n[^]*\n  x-held: held  ← client\n[^]*\n\nresponse\n[^]*status: 200[^]*\n\n(Preview\n)?<!doctype html>/);
});

test('a pane is shown alone, and the list given room, by keys', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/33')).id);
  const [steps, request] = [page.getByRole('region', { name: 'Steps' }), dash.message('Request')];
  await page.locator('.pane.step').focus();
  await page.keyboard.press('m');
  await expect(steps).toBeVisible();
  await expect(request).toBeHidden();
  await page.keyboard.press('p');
  await expect(request).toBeVisible();
  await expect(steps).toBeHidden();
  await page.getByRole('button', { name: 'all panes (m)' }).click();
  await expect(steps).toBeVisible();

  const width = async () => (await dash.list.boundingBox())!.width;
  const before = await width();
  await dash.list.focus();
  await page.keyboard.press('>');
  await expect.poll(width).toBe(before + 40);
  await page.locator('.pane.step').focus();
  await page.keyboard.press('>');
  await expect.poll(width, 'the cycle has the room now').toBe(before);
  await page.keyboard.press('<');
  await expect.poll(width).toBe(before + 40);
});

test('a command is chosen by its name, and acts on what had the focus', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/34')).id);
  await page.locator('.pane.req').focus();
  await page.keyboard.press(':');
  const dialog = page.getByRole('dialog', { name: 'Commands' });
  await expect(dialog.getByRole('combobox', { name: 'Command' })).toBeFocused();
  await page.keyboard.type('one pane al');
  await expect(dialog.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(dash.message('Request')).toBeVisible();
  await expect(dash.message('Response')).toBeHidden();

  await page.keyboard.press(':');
  await page.keyboard.type('view-');
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('option', { selected: true })).toContainText('view-stack');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Routes' })).toBeVisible();
  await page.keyboard.press(':');
  await page.keyboard.type('copy-step');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'copy-step does nothing here.' })).toBeVisible();
});
