import { expect, test } from '../lib/test.ts';

test('the token goes from the fragment into the tab, and out of the address bar', async ({ page, dash, shop }) => {
  await dash.open({ quiet: '1' });
  expect(page.url()).not.toContain(shop.token);
  expect(page.url()).toContain('quiet=1');
  expect(await page.evaluate(() => [sessionStorage.getItem('token'), document.cookie, JSON.stringify(localStorage)])).toEqual([shop.token, '', '{}']);
  await page.reload();
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText('connected');
});

test('without the token there is only the place to paste it', async ({ page, shop }) => {
  await page.goto(shop.origin);
  await expect(page.getByText('Open the URL that the inspector printed')).toBeVisible();
  await expect(page.getByRole('grid')).toHaveCount(0);
  const input = page.getByLabel('URL or token');
  await input.fill('nothing of the kind');
  await input.press('Enter');
  await expect(page.getByText('That holds no token')).toBeVisible();
  await input.fill(shop.url);
  await input.press('Enter');
  await expect(page.getByRole('grid', { name: 'Cycles' })).toBeVisible();
});

test('a wrong token is said to be wrong', async ({ page, shop, guard }) => {
  guard.allow = [/401/];
  await page.goto(`${shop.origin}/#token=${'0'.repeat(64)}`);
  await expect(page.getByText(/token/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^State of the tool/ })).toContainText('not connected');
});

test('cycles come by themselves, newest first; frozen they are counted and come later', async ({ page, dash, shop }) => {
  await shop.visit('/books/1');
  await dash.open();
  const first = await shop.visit('/books/2');
  await expect(dash.rows.first()).toContainText(first.target);
  await expect(dash.rows.nth(1)).not.toContainText(first.target);
  await expect(dash.rows.first()).toContainText('/books/{id}');
  await expect(dash.rows.first()).toContainText('bookshop 1');
  await expect(dash.rows.first().getByRole('img', { name: /^in .*, view .*, out .*, send / })).toBeVisible();

  await page.keyboard.press('f');
  const button = page.getByRole('button', { name: /^frozen/ });
  await expect(button).toBeVisible();
  await shop.visit('/books/3');
  await shop.visit('/books/4');
  await expect(button).toContainText('2 new');
  await expect(dash.rows.first()).toContainText(first.target);
  await button.click();
  await expect(dash.rows.first()).toContainText('/books/4');
  await expect(page.getByRole('button', { name: 'live' })).toBeVisible();
});

test('a row that is looked at stays where it is while others come, and the newest are one key away', async ({ page, dash, shop }) => {
  /** So many visits; the row of the last one. */
  const visit = async (times: number) => {
    for (let n = 1; n < times; n++) await shop.visit('/books?page=1');
    return dash.list.getByText((await shop.visit('/books?page=2')).target, { exact: true });
  };
  const newest = page.getByRole('button', { name: 'Newest' });
  await page.setViewportSize({ width: 1280, height: 360 });
  const looked = await visit(15);
  await dash.open();
  await expect(looked).toBeInViewport();
  await page.keyboard.press('ArrowDown');
  const meanwhile = await visit(15);
  await expect(newest).toBeVisible();
  await expect(looked).toBeInViewport();
  await expect(meanwhile).not.toBeInViewport();
  await page.keyboard.press('Escape');
  await expect(meanwhile).toBeInViewport();
  const after = await visit(1);
  await expect(after).toBeInViewport();
  await expect(newest).toHaveCount(0);

  // So does one that is open, until the newest are asked for.
  await page.keyboard.press('Enter');
  await expect(dash.cycleName).toHaveText(/^GET \/books\?page=2/);
  const beside = await visit(15);
  await expect(after).toBeInViewport();
  await newest.click();
  await expect(beside).toBeInViewport();
  await expect(await visit(15)).toBeInViewport();
  await expect(dash.cycleName).toHaveText(/^GET \/books\?page=2/);
});

test('health checks are left out on demand', async ({ page, dash, shop }) => {
  const health = await shop.visit('/health');
  await dash.open();
  await expect(dash.list.getByText(health.target)).toBeVisible();
  await page.keyboard.press('.');
  await expect(dash.list.getByText(health.target)).toHaveCount(0);
  await page.getByRole('button', { name: 'hide health checks' }).click();
  await expect(dash.list.getByText(health.target)).toBeVisible();
});

test('a cycle opens by a press, its link opens it anew, and back leads to the list', async ({ page, dash, shop }) => {
  const one = await shop.visit('/books/5');
  const two = await shop.visit('/books/6');
  await dash.open();
  await dash.list.getByText(one.target).click();
  await expect(dash.cycleName).toHaveText(`GET ${one.target}`);
  expect(dash.place.get('cycle')).toBe(one.id);
  await dash.list.getByText(two.target).click();
  await expect(dash.cycleName).toHaveText(`GET ${two.target}`);
  await page.reload();
  await expect(dash.cycleName).toHaveText(`GET ${two.target}`);
  await page.goBack();
  await expect(dash.cycleName).toHaveCount(0);
  await page.goForward();
  await expect(dash.cycleName).toHaveText(`GET ${two.target}`);
});

test('no screen asks for anything but the inspector', async ({ page, dash, shop }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const [a, b] = [await shop.visit('/books/7'), await shop.visit('/panic')];
  await dash.cycle(a.id);
  await dash.end();
  await page.keyboard.press('2');
  await expect(page.getByRole('region', { name: 'Remarks' })).toBeVisible();
  await dash.open({ screen: 'compare', against: a.id, cycle: b.id });
  await expect(page.getByRole('region', { name: 'Cycle A' })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((url) => !url.startsWith(`${shop.origin}/`))).toEqual([]);
});

test('a cycle that is not kept any more is said to be gone', async ({ page, dash, guard }) => {
  guard.allow = [/404/];
  await dash.open({ cycle: '000000000000-7' });
  await expect(page.getByRole('button', { name: 'Back to the list' })).toBeVisible();
  await expect(page.getByText('No such cycle is kept')).toBeVisible();
});
