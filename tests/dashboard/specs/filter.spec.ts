import { expect, test } from '../lib/test.ts';

test('fields and values are completed, and the filter is in the URL', async ({ page, dash, shop }) => {
  const yes = await shop.visit('/books?page=2');
  const no = await shop.visit('/authors');
  await dash.open();
  await page.keyboard.press('/');
  await expect(dash.filter).toBeFocused();
  await dash.filter.pressSequentially('rou');
  const options = page.getByRole('listbox', { name: 'Completions' }).getByRole('option');
  await expect(options.first()).toContainText('route:');
  await dash.filter.press('Tab');
  await expect(dash.filter).toHaveValue('route:');
  const books = options.filter({ hasText: '/books' }).first();
  await expect(books).toBeVisible();
  await dash.filter.pressSequentially('/books');
  await dash.filter.press('Enter');
  await expect(dash.list.getByText(yes.target)).toBeVisible();
  await expect(dash.list.getByText(no.target)).toHaveCount(0);
  expect(dash.place.get('filter')).toBe('route:/books');
  await page.reload();
  await expect(dash.filter).toHaveValue('route:/books');
  await expect(dash.list.getByText(yes.target)).toBeVisible();
  await expect(dash.list.getByText(no.target)).toHaveCount(0);
  const later = await shop.visit('/authors');
  const more = await shop.visit('/books?page=3');
  await expect(dash.list.getByText(more.target)).toBeVisible();
  await expect(dash.list.getByText(later.target)).toHaveCount(0);
});

test('a completion is chosen by the arrow keys and by the pointer', async ({ page, dash }) => {
  await dash.open();
  await dash.filter.fill('status');
  const options = page.getByRole('listbox', { name: 'Completions' }).getByRole('option');
  await expect(options.first()).toContainText('status:');
  await dash.filter.press('ArrowDown');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await expect(dash.filter).toHaveAttribute('aria-activedescendant', 'completion-0');
  await dash.filter.press('Enter');
  await expect(dash.filter).toHaveValue('status:');
  await dash.filter.fill('method');
  await options.filter({ hasText: 'method:' }).first().click();
  await expect(dash.filter).toHaveValue('method:');
});

test('what a completion is for can be read whole, on a telephone too', async ({ page, dash }) => {
  await dash.open();
  const said = page.getByRole('listbox', { name: 'Completions' }).getByRole('option').filter({ hasText: 'outcome:' }).locator('span');
  const cut = () => said.evaluate((one) => Math.max(0, one.scrollWidth - one.clientWidth));
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await dash.filter.fill('outc');
    await expect(said).toContainText('completed');
    expect(await cut(), `${width} px`).toBe(0);
  }
});

test('what stands in an empty field can be read', async ({ page, dash }) => {
  await dash.open();
  const colour = (pseudo: string | null) => dash.filter.evaluate((field, pseudo) => getComputedStyle(field, pseudo).color, pseudo);
  const soft = await page.locator('.figures').evaluate((one) => getComputedStyle(one).color);
  expect(await colour('::placeholder')).toBe(soft);
  expect(await colour(null)).not.toBe(soft);
});

test('an error points at the character', async ({ page, dash }) => {
  await dash.open();
  await dash.filter.fill('method:GET status:>=abc');
  await dash.filter.press('Enter');
  const alert = page.getByRole('alert');
  await expect(alert.locator('mark')).toHaveText(/abc/);
  await expect(alert).toContainText(/character (19|20|21|22)/);
  await expect(dash.filter).toHaveAttribute('aria-invalid', 'true');
  expect(dash.place.get('filter')).toBeNull();
});

test('it is switched off without being deleted', async ({ page, dash, shop }) => {
  const other = await shop.visit('/authors');
  await dash.open({ filter: 'route:/nowhere' });
  await expect(page.getByText('Nothing matches the filter.')).toBeVisible();
  await page.getByRole('switch', { name: 'Filter on' }).click();
  await expect(dash.list.getByText(other.target)).toBeVisible();
  await expect(dash.filter).toHaveValue('route:/nowhere');
  expect([dash.place.get('off'), dash.place.get('filter')]).toEqual(['1', 'route:/nowhere']);
  await page.getByRole('switch', { name: 'Filter on' }).click();
  await expect(page.getByText('Nothing matches the filter.')).toBeVisible();
});

test('filters are found again: those used before, and those with a name', async ({ page, dash, shop }) => {
  await shop.visit('/books');
  await dash.open();
  await dash.filter.fill('method:GET');
  await dash.filter.press('Enter');
  await expect.poll(() => dash.place.get('filter')).toBe('method:GET');
  await dash.filter.fill('method:PUT');
  await dash.filter.press('Enter');
  await expect.poll(() => dash.place.get('filter')).toBe('method:PUT');

  const menu = page.locator('summary', { hasText: 'Filters' });
  await menu.click();
  await page.getByLabel('Name for the filter of now').fill('changes');
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByRole('button', { name: 'method:GET', exact: true }).click();
  await expect(dash.filter).toHaveValue('method:GET');
  await page.reload();
  await menu.click();
  await page.getByRole('button', { name: /^changes/ }).click();
  await expect(dash.filter).toHaveValue('method:PUT');
  await menu.click();
  await page.getByRole('button', { name: 'Forget changes' }).click();
  await expect(page.getByRole('button', { name: /^changes/ })).toHaveCount(0);
});

test('completions that come after the filter was applied, or closed, open nothing', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books?page=4');
  await dash.open();
  const held: (() => Promise<void>)[] = [];
  await page.route('**/api/filter?*', (route) => void held.push(() => route.continue()));
  const release = async () => {
    const answers = Promise.all(held.map(() => page.waitForResponse('**/api/filter?*').catch(() => undefined)));
    for (const go of held.splice(0)) await go().catch(() => undefined);
    return answers;
  };
  const options = page.getByRole('listbox', { name: 'Completions' }).getByRole('option');
  await dash.filter.fill('route:/b');
  await expect.poll(() => held.length).toBeGreaterThan(0);
  await dash.filter.fill('route:/books');
  await dash.filter.press('Enter');
  // What is asked so far is answered now, and whatever is asked because of that.
  await expect(async () => {
    await release();
    expect(dash.place.get('filter')).toBe('route:/books');
  }).toPass();
  await expect(dash.list.getByText(cycle.target)).toBeVisible();
  await expect.poll(async () => (await release()).length).toBe(0);
  await expect(dash.filter).toBeFocused();
  await expect(options).toHaveCount(0);
  await page.unroute('**/api/filter?*');
  await dash.filter.press('Escape');
  await expect(dash.filter).not.toBeFocused();
});
