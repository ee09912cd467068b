import { cycle, shopText } from '../lib/cycles.ts';
import { Link } from '../lib/link.ts';
import { expect, test } from '../lib/test.ts';

const why = (page: import('@playwright/test').Page) => page.locator('details', { has: page.locator('summary', { hasText: /^Why/ }) });

test('404: the routes that were tried, and why each was not it', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/bookz/7');
  await dash.cycle(cycle.id);
  const tried = why(page).getByRole('table', { name: 'Routes tried' });
  await expect(tried.getByRole('row', { name: /\/books\/\{id\}/ }).first()).toContainText('wants books, the path has bookz');
  // The nearest few, the others folded.
  await expect(tried.getByRole('row')).toHaveCount(4);
  const { why: said } = await shop.get<{ why: { routes: unknown[] } }>(`/api/cycles/${cycle.id}/timeline`);
  await why(page).getByRole('button', { name: `${said.routes.length - 3} more` }).click();
  await expect(tried.getByRole('row')).toHaveCount(1 + said.routes.length);
  await why(page).getByRole('button', { name: 'Fewer' }).click();
  await expect(tried.getByRole('row')).toHaveCount(4);
});

test('405: what the path would have taken', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books/16', { method: 'DELETE' });
  expect(cycle.status).toBe(405);
  await dash.cycle(cycle.id);
  await expect(why(page).getByRole('row', { name: /\/books\/\{id\}/ }).first()).toContainText(/the path matches; it takes .*GET/);
  // What other paths take is not what it is about.
  await expect(why(page).getByRole('table', { name: 'Routes tried' }).getByRole('row')).toHaveCount(2);
});

test('a rejection: the extractor that refused, and how that is known', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books/not-a-number');
  expect(cycle.status).toBe(400);
  await dash.cycle(cycle.id);
  await expect(why(page)).toContainText(/of show refused the request: Path<i64>/);
  await expect(why(page)).toContainText('known from');
});

test('an error: the chain of causes', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/error');
  expect(cycle.status).toBe(500);
  await dash.cycle(cycle.id);
  await expect(why(page)).toContainText('error:');
  await expect(why(page)).toContainText('because:');
});

test('a panic: its message, and the frames of the app', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/panic');
  await dash.cycle(cycle.id);
  await expect(why(page)).toContainText('Panic:');
  await expect(why(page).getByRole('link', { name: /trouble\.rs:\d+/ }).first()).toHaveAttribute('href', /^vscode:/);
});

test('the step that decided how it ended is found by key', async ({ page, dash, shop }) => {
  // A panic, an extractor that refused, an error, a layer that answered, no route, a handler that took too long.
  for (const path of ['/panic', '/books/not-a-number', '/error', '/api/books', '/bookz/7', '/slow?seconds=5']) {
    const cycle = await shop.visit(path, path === '/api/books' ? { method: 'POST' } : {});
    const { steps } = await shop.get<{ steps: { problem: boolean }[] }>(`/api/cycles/${cycle.id}/timeline`);
    // No cycle stays in view while the next one comes.
    await page.goto('about:blank');
    await dash.cycle(cycle.id);
    await page.keyboard.press('e');
    await expect(dash.step, path).toHaveText(`step ${steps.findIndex((step) => step.problem) + 1} / ${steps.length}`);
    expect(dash.place.get('step'), path).not.toBeNull();
  }
});

test('what was too much for one cycle is said, and how much of it', async ({ page, dash, shop }) => {
  const [app, run] = ['much', '6d7563680000'];
  const link = await Link.open(shop.socket, app, run);
  const made = cycle({ run, app, number: 0, text: shopText, startedUs: Date.now() * 1_000 });
  await link.cycle({ ...made, omitted: { steps: 0, marks: 12, bodies: 1 } });
  await dash.cycle((await shop.cycle(`run:${run}`)).id);
  await expect(page.getByText('left out, too many for one cycle: 12 marks and 1 look at a body')).toBeVisible();
  link.close();
});

test('where nothing went wrong that is said', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books/7');
  await dash.cycle(cycle.id);
  await page.keyboard.press('e');
  await expect(page.getByText('No further problem in this cycle.')).toBeVisible();
  await expect(dash.step).toHaveText(/^step 1 /);
});
