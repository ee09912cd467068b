import { Inspector } from '../lib/inspector.ts';
import { Dashboard, expect, test } from '../lib/test.ts';

test('the map of the app: routes and layers with figures, and from a figure to its cycles', async ({ page, dash, shop }) => {
  await shop.visit('/books/17');
  await shop.visit('/account');
  await dash.open();
  await page.keyboard.press('2');
  const routes = page.getByRole('region', { name: 'Routes' });
  const route = routes.getByRole('row', { name: /GET \/books\/\{id\} / }).first();
  await expect(route).toContainText(/\d+(\.\d+)? (µs|ms)/);
  const layers = page.getByRole('region', { name: 'Layers and views' });
  await expect(layers.getByRole('row', { name: /^session layer/ })).toBeVisible();
  await expect(page.getByText(/figures over \d+ cycles kept/)).toBeVisible();

  await route.getByRole('button', { expanded: false }).click();
  await expect(routes.getByRole('listitem').filter({ hasText: 'CompressionLayer' }).first()).toBeVisible();
  await expect(routes.getByRole('listitem').filter({ hasText: /^show/ }).first()).toBeVisible();

  await layers.getByRole('button', { name: /cycles that require_login answered/ }).click();
  await expect(dash.filter).toHaveValue(/^answered-by:require_login( run:\w+)?$/);
  await expect(dash.rows.first()).toContainText('/account');
  await page.goBack();
  await route.getByRole('button', { name: /cycles of .*: show them/ }).click();
  await expect(dash.filter).toHaveValue(/route:.*\/books\/\{id\}/);
  await expect(dash.rows.first()).toContainText('/books/{id}');
});

test('a layer and the fallback lead to the cycles that passed them', async ({ page, dash, shop }) => {
  const mark = `passed${Date.now()}`;
  await shop.visit(`/bookz?${mark}`);
  await shop.visit(`/account?${mark}`);
  const run = (await shop.cycle('app:bookshop')).id.split('-')[0]!;
  await dash.open({ screen: 'stack', filter: `target:*${mark}*`, run });
  await page.getByRole('button', { name: '1 cycles that passed require_login: show them' }).click();
  await expect(dash.filter).toHaveValue(/layer:require_login/);
  await expect(dash.rows).toHaveCount(1);
  await expect(dash.rows.first()).toContainText('/account');
  await page.goBack();
  await page.getByRole('button', { name: '1 cycles of fallback: show them' }).click();
  await expect(dash.filter).toHaveValue(/route:none/);
  await expect(dash.rows).toHaveCount(1);
  await expect(dash.rows.first()).toContainText('/bookz');
});

test('of many remarks the first are shown, and all on demand', async ({ page, dash, shop }) => {
  // Where most of an app was never asked for, that is one remark.
  const met = '/ /books /books/1 /old-books /login /error /authors /busy /account /cart /export/books.csv /download/1 /assets/shop.css /health /upload /api/books /api/books/1 /covers/1.png';
  for (const path of met.split(' ')) await fetch(shop.shop + path, { redirect: 'manual' });
  for (const path of ['/login', '/logout', '/cart/items', '/books/1/reviews', '/upload']) await fetch(shop.shop + path, { method: 'POST', redirect: 'manual' });
  for (let i = 0; i < 30; i++) await fetch(`${shop.shop}/books/1?many=${i}`);
  const run = (await shop.cycle('target:/books/1?many=29')).id.split('-')[0]!;
  await dash.open({ screen: 'stack', run });
  const remarks = page.getByRole('region', { name: 'Remarks' });
  await expect(remarks.getByRole('listitem')).toHaveCount(5);
  await remarks.getByRole('button', { name: /^all \d+ remarks/ }).click();
  await expect(remarks.getByRole('listitem').filter({ hasText: 'came for POST of /cart/checkout' })).toBeVisible();
  await remarks.getByRole('button', { name: 'fewer' }).click();
  await expect(remarks.getByRole('listitem')).toHaveCount(5);
});

test('two cycles are compared, layer by layer, and where they part is said', async ({ page, dash, shop }) => {
  const a = await shop.visit('/books/18');
  const b = await shop.visit('/books/19', { headers: { 'x-other': 'yes' } });
  await dash.cycle(a.id);
  await page.keyboard.press('c');
  await expect(page.getByRole('button', { name: 'Choose another …' })).toBeVisible();
  await dash.list.getByText(b.target).click();
  await expect(dash.cycleName).toHaveText(`GET ${b.target}`);
  await page.getByRole('button', { name: 'Compare with chosen' }).click();
  await expect(page.getByRole('region', { name: 'Cycle A' })).toContainText(a.target);
  await expect(page.getByRole('region', { name: 'Cycle B' })).toContainText(b.target);
  await expect(page.getByText('▸ here they part')).toHaveCount(1);
  await expect(page.getByRole('row', { name: /^parse/ })).toContainText('x-other:');
  await page.getByRole('button', { name: 'Swap' }).click();
  await expect(page.getByRole('region', { name: 'Cycle A' })).toContainText(b.target);
  await page.reload();
  await expect(page.getByRole('region', { name: 'Cycle A' })).toContainText(b.target);
  await page.getByRole('button', { name: 'Open cycle A' }).click();
  await expect(dash.cycleName).toHaveText(`GET ${b.target}`);
});

test('the map counts what the filter lets pass, and a figure leads to just that', async ({ page, dash, shop }) => {
  const [mark, run] = [`only${Date.now()}`, (await shop.cycle('app:bookshop')).id.split('-')[0]!];
  await shop.visit(`/books/21?${mark}`);
  await shop.visit(`/books/22?${mark}`);
  await shop.visit('/books/23');
  await dash.open({ screen: 'stack', filter: `target:*${mark}*`, run });
  await expect(page.getByText('figures over 2 cycles kept that match')).toBeVisible();
  const figure = page.getByRole('region', { name: 'Routes' }).getByRole('button', { name: /^2 cycles of \/books\/\{id\}: show them/ });
  await expect(figure).toBeVisible();
  await figure.click();
  await expect(dash.filter).toHaveValue(new RegExp(`^target:\\*${mark}\\* route:/books/\\{id\\} \\(method:GET or method:HEAD\\)( run:\\w+)?$`));
  await expect(dash.rows).toHaveCount(2);
  await page.goBack();
  await expect(dash.filter).toHaveValue(`target:*${mark}*`);
  await page.getByRole('switch', { name: 'Filter on' }).click();
  await expect(page.getByText(/figures over \d+ cycles kept$/)).toBeVisible();
});

test('remarks on the app lead to the cycles that they are about', async ({ page, dash, shop }) => {
  for (let i = 0; i < 25; i++) await fetch(`${shop.shop}/account?remark=${i}`, { redirect: 'manual' });
  await shop.cycle('target:/account?remark=24');
  const run = (await shop.cycle('app:bookshop')).id.split('-')[0]!;
  await dash.open({ screen: 'stack', run, filter: 'target:*remark=*' });
  const remark = page.getByRole('region', { name: 'Remarks' }).getByRole('listitem').filter({ hasText: 'require_login answered' });
  await expect(remark).toContainText('require_login answered 25 of the 25 cycles that came to it (100 %) by itself');
  await remark.getByRole('button', { name: 'Cycles of the remark answers much: show them' }).click();
  await expect(dash.filter).toHaveValue(/^target:\*remark=\* answered-by:require_login/);
  await expect(page.getByText('25 match')).toBeVisible();
});

test('the map is held still by itself, and its errors lead to what went wrong', async ({ page, dash, shop }) => {
  const mark = `wrong${Date.now()}`;
  await shop.visit(`/books/41?${mark}`);
  const { id, target } = await shop.visit(`/panic?${mark}`);
  await dash.open({ screen: 'stack', filter: `target:*${mark}*`, run: id.split('-')[0]! });
  const seen = page.getByText(/^figures over \d+ cycles kept that match$/);
  await expect(seen).toHaveText('figures over 2 cycles kept that match');
  await page.keyboard.press('f');
  await expect(page.getByRole('button', { name: 'frozen' })).toHaveAttribute('aria-pressed', 'true');
  await shop.visit(`/books/42?${mark}`);
  // Longer than it is between two looks.
  await page.waitForTimeout(4_000);
  await expect(seen).toHaveText('figures over 2 cycles kept that match');
  await page.keyboard.press('1');
  await expect(page.getByRole('button', { name: 'live' }), 'the list is another view').toBeVisible();
  await page.keyboard.press('2');
  await expect(seen).toHaveText('figures over 3 cycles kept that match');
  await page.getByRole('button', { name: /^1 \(100 %\) cycles of \/panic that went wrong: show them/ }).click();
  await expect(dash.filter).toHaveValue(/route:\/panic .*\(status:>=500 or outcome:failed or outcome:panicked\)$/);
  await expect(dash.rows).toHaveCount(1);
  await expect(dash.rows.first()).toContainText(target);
});

test('an app that is connected and has sent no map yet is said to need a request', async ({ page }) => {
  const shop = await Inspector.shop();
  try {
    const dash = new Dashboard(page, shop);
    await dash.open({ screen: 'stack' });
    await expect(page.getByText('An app sends its map with its first cycle: send it a request,')).toBeVisible();
    await shop.visit('/books/43');
    await expect(page.getByText('figures over 1 cycle kept', { exact: true })).toBeVisible();
  } finally {
    await page.close();
    await shop.stop();
  }
});

test('the map stays when the inspector goes, and one that was not here is not made up', async ({ page, guard }) => {
  guard.allow = [/ERR_|Failed to load/];
  const shop = await Inspector.shop();
  const dash = new Dashboard(page, shop);
  try {
    await shop.visit('/books/44');
    await dash.open({ screen: 'stack' });
    const figures = page.getByText('figures over 1 cycle kept', { exact: true });
    await expect(figures).toBeVisible();
    await page.keyboard.press('1');
    await expect(dash.list).toBeVisible();
    await shop.stop();
    await expect(page.getByText('What is shown stays.')).toBeVisible();
    await page.keyboard.press('2');
    await expect(figures).toBeVisible();
    const route = page.getByRole('region', { name: 'Routes' }).getByRole('row', { name: /GET \/books\/\{id\} / });
    await expect(route).toContainText(/\d (µs|ms)/);
    await page.getByRole('button', { name: 'hide health checks' }).click();
    await expect(page.getByText('The map is not here yet')).toBeVisible();
    await expect(route).toHaveCount(0);
  } finally {
    await page.close();
    await shop.stop();
  }
});

test('at 390 pixels every figure of the map is on the screen', async ({ page, dash, shop }) => {
  await shop.visit('/books/45');
  await shop.visit('/error');
  await page.setViewportSize({ width: 390, height: 844 });
  await dash.open({ screen: 'stack' });
  for (const [region, row, columns] of [['Routes', /\/error/, 6], ['Layers and views', /^session layer/, 9]] as const) {
    const table = page.getByRole('region', { name: region });
    await table.getByRole('row', { name: row }).scrollIntoViewIfNeeded();
    const cells = table.getByRole('row', { name: row }).getByRole('cell');
    await expect(cells).toHaveCount(columns);
    const boxes = await table.locator('td, th:visible').evaluateAll((all) =>
      all.map((one) => ({ text: one.textContent, right: one.getBoundingClientRect().right, cut: one.scrollWidth > one.clientWidth })),
    );
    expect(boxes.filter(({ right, cut }) => right > 390 || cut)).toEqual([]);
    // Each figure stands below its title.
    const ends = (cells: string) => table.locator(cells).evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().right)));
    expect((await ends('tbody tr:first-child td')).slice(1)).toEqual((await ends('thead th')).slice(1));
  }
});
