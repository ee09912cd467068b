import { expect, test } from '../lib/test.ts';

test('the timeline has a row for each layer, with what it spent, and marks for statements', async ({ dash, shop }) => {
  const cycle = await shop.visit('/books/7');
  await dash.cycle(cycle.id);
  for (const name of ['parse', 'NormalizePath', 'resolve', 'SetRequestIdLayer', 'security_headers', 'CompressionLayer', 'session', 'show']) {
    await expect(dash.timeline.getByRole('button', { name: new RegExp(`^${name}\\b.*in .*, inner .*, out `) })).toBeVisible();
  }
  const marks = await shop.get<{ marks: { mark: string }[] }>(`/api/cycles/${cycle.id}/timeline`);
  expect(marks.marks.filter((mark) => mark.mark === 'sql').length).toBeGreaterThan(0);
  const steps = dash.page.getByRole('region', { name: 'Steps' });
  await expect(steps.getByText(/SELECT .* \(\d+ rows?, /).first()).toBeVisible();
});

test('what never ran is in the timeline, and said so', async ({ dash, shop }) => {
  const { id } = await shop.visit('/account');
  await dash.cycle(id);
  const why = dash.page.locator('details', { hasText: 'Why' }).first();
  await expect(why).toContainText('require_login answered by itself; never ran:');
  const never = dash.timeline.getByRole('button', { name: /never ran/ });
  await expect(never.first()).toBeDisabled();
});

test('the timeline zooms by buttons, keys and the wheel', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/8')).id);
  const all = dash.timeline.getByRole('button', { name: 'All of it' });
  const ruler = dash.timeline.locator('.ruler');
  await expect(all).toBeDisabled();
  const whole = await ruler.innerText();
  await dash.timeline.getByRole('button', { name: 'Zoom in' }).click();
  await expect(all).toBeEnabled();
  await expect.poll(() => ruler.innerText()).not.toBe(whole);
  await all.click();
  await expect.poll(() => ruler.innerText()).toBe(whole);
  await page.keyboard.press('z');
  await page.keyboard.press('z');
  await expect(all).toBeEnabled();
  await page.keyboard.press('0');
  await expect(all).toBeDisabled();
  await dash.timeline.locator('.track').nth(3).hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -300);
  await page.keyboard.up('Control');
  await expect(all).toBeEnabled();
});

test('names in the timeline are there in full where there is room, and always in their titles', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/api/books')).id);
  const names = dash.timeline.locator('.label .cut');
  const isCut = () => names.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent));
  for (const width of [1280, 2560]) {
    await page.setViewportSize({ width, height: 1000 });
    await expect.poll(isCut, `${width} px`).toEqual([]);
  }
  const titles = page.getByRole('region', { name: 'Steps' }).locator('.name');
  await expect(titles.filter({ hasText: 'GlobalConcurrencyLimitLayer' }).first()).toHaveAttribute('title', 'GlobalConcurrencyLimitLayer');
  // Where there is none, whatever the font and however long the times beside them.
  await page.setViewportSize({ width: 200, height: 800 });
  await expect.poll(async () => (await isCut()).length).toBeGreaterThan(0);
  for (const name of await names.all()) await expect(name).toHaveAttribute('title', (await name.textContent())!);
});

test('the part of the time that is in view is moved by keys, and chosen on the minimap', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/8')).id);
  // Its times may be the same, at other places.
  const ruler = dash.timeline.locator('.ruler');
  await page.keyboard.press('z');
  await page.keyboard.press('z');
  const zoomed = await ruler.innerHTML();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => ruler.innerHTML()).not.toBe(zoomed);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => ruler.innerHTML()).toBe(zoomed);
  await page.keyboard.press('0');
  const all = dash.timeline.getByRole('button', { name: 'All of it' });
  await expect(all).toBeDisabled();
  const map = (await dash.timeline.getByRole('img', { name: 'Critical path' }).boundingBox())!;
  await page.mouse.move(map.x + map.width * 0.2, map.y + 8);
  await page.mouse.down();
  await page.mouse.move(map.x + map.width * 0.6, map.y + 8, { steps: 4 });
  await page.mouse.up();
  await expect(all).toBeEnabled();
});

test('keys go to what changed, turn the body, and copy the request as a curl command', async ({ page, dash, shop, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const cycle = await shop.visit('/books/10', { headers: { 'accept-encoding': 'gzip' } });
  const { steps } = await shop.get<{ steps: { seq: number; edits: unknown[] }[] }>(`/api/cycles/${cycle.id}/timeline`);
  const changed = steps.filter(({ seq, edits }) => seq > 0 && edits.length > 0).map(({ seq }) => seq + 1);
  await dash.cycle(cycle.id);
  for (const step of changed.slice(0, 3)) {
    await page.keyboard.press(']');
    await expect(dash.step).toHaveText(new RegExp(`^step ${step} /`));
  }
  await page.keyboard.press('[');
  await expect(dash.step).toHaveText(new RegExp(`^step ${changed[1]} /`));

  await page.keyboard.press('End');
  const tab = dash.message('Response').getByRole('tablist', { name: 'Body as' }).getByRole('tab', { selected: true });
  await expect(tab).toHaveText('html');
  await page.keyboard.press('v');
  await expect(tab).not.toHaveText('html');
  await page.keyboard.press('V');
  await expect(dash.message('Response').getByRole('button', { name: 'encoded (gzip)' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('C');
  await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^curl .*\/books\/10/s);
  await page.keyboard.press('4');
  await expect(page.getByRole('region', { name: 'Remarks' })).toBeVisible();
});

test('replay: keys, buttons and scrubber move all panes together; play goes on by itself', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/9')).id);
  const total = Number((await dash.step.innerText()).split('/ ')[1]);
  const now = (n: number) => expect(dash.step).toHaveText(`step ${n} / ${total}`);
  await now(1);
  await expect(dash.message('Response')).toContainText('Not yet');
  await page.keyboard.press('ArrowRight');
  await now(2);
  await expect.poll(() => dash.place.get('step')).toBe('1');
  await page.keyboard.press('l');
  await now(3);
  await page.keyboard.press('h');
  await now(2);
  await page.getByRole('button', { name: 'Step forward' }).click();
  await now(3);
  await expect(page.getByRole('region', { name: 'Steps' }).locator('[aria-current=step]')).toHaveAttribute('data-step', '2');
  await expect(dash.timeline.locator('[aria-current=step]')).toHaveCount(1);
  await page.keyboard.press('End');
  await now(total);
  await expect(dash.message('Response')).toContainText('200');
  await page.keyboard.press('Home');
  await now(1);
  const speed = page.getByLabel('Speed');
  for (const [key, now] of [['+', '2'], ['-', '1'], ['-', '0.5'], ['-', '0.25'], ['=', '0.5']] as const) {
    await page.keyboard.press(key);
    await expect(speed).toHaveValue(now);
  }
  await speed.selectOption('8');
  await page.getByRole('heading', { name: 'Timeline' }).click();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await now(total);
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
});

test('a step shows what it changed and who did it: + − ~ with the layer', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books/10', { headers: { 'accept-encoding': 'gzip' } });
  await dash.cycle(cycle.id);
  const timeline = await shop.get<{ steps: { seq: number; edits: { op: string; name?: string; what: string }[] }[] }>(`/api/cycles/${cycle.id}/timeline`);
  const step = (test: (edit: { op: string; name?: string; what: string }) => boolean) => timeline.steps.find((one) => one.seq > 0 && one.edits.some(test))!.seq;
  const scrub = page.getByRole('slider', { name: 'Step', exact: true });

  await scrub.fill(String(step((edit) => edit.op === 'add' && edit.name === 'x-request-id')));
  const added = dash.message('Request').getByRole('listitem').filter({ hasText: 'x-request-id' });
  await expect(added.getByRole('img', { name: 'added' })).toHaveText('+');
  await expect(added).toContainText('← SetRequestIdLayer');

  await scrub.fill(String(step((edit) => edit.op === 'change' && edit.what === 'body')));
  await expect(dash.message('Response').locator('.body .sign').first()).toHaveText('~');
  await scrub.fill(String(step((edit) => edit.op === 'remove')));
  await expect(page.getByRole('img', { name: 'removed' }).first()).toHaveText('−');
});

test('a press on a value tells who set it, and leads to the step', async ({ dash, shop }) => {
  const cycle = await shop.visit('/books/11');
  await dash.cycle(cycle.id);
  await dash.end();
  const line = dash.message('Request').getByRole('listitem').filter({ hasText: 'x-request-id' }).first();
  const button = line.getByRole('button', { name: 'History of x-request-id: set by SetRequestIdLayer' });
  await button.click();
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  const jump = line.getByRole('button', { name: /^step \d+$/ });
  const wanted = (await jump.innerText()).replace('step ', '');
  await jump.click();
  await expect(dash.step).toHaveText(new RegExp(`^step ${wanted} /`));
});

test('query and cookies are tables, and credentials masked', async ({ dash, shop }) => {
  const cycle = await shop.visit('/books?q=sea&page=1', { headers: { cookie: 'theme=dark; session=0123456789abcdef' } });
  await dash.cycle(cycle.id);
  const request = dash.message('Request');
  const query = request.getByRole('table', { name: 'Query' });
  await expect(query.getByRole('row', { name: /^q sea/ })).toBeVisible();
  const cookies = request.getByRole('table', { name: 'Cookies' });
  await expect(cookies.getByRole('row', { name: /session/ })).toContainText('masked');
  await expect(dash.page.locator('body')).not.toContainText('0123456789abcdef');
});

test('places in the source open in the editor that the settings say', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/12')).id);
  await dash.timeline.getByRole('button', { name: /^session/ }).click();
  const link = dash.timeline.getByRole('link', { name: /app\.rs:\d+/ });
  await expect(link).toHaveAttribute('href', /^vscode:\/\/file\/.*demo-app\/src\/app\.rs:\d+$/);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: /^Zed/ }).check();
  await page.getByRole('button', { name: 'Add a path' }).click();
  const href = (await link.getAttribute('href'))!;
  const cwd = /^(?:vscode|zed):\/\/file(\/.*)\/demo-app/.exec(href)![1]!;
  await page.getByLabel('Path in the app').fill(cwd);
  await page.getByLabel('Path here').fill('/home/me/shop');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(link).toHaveAttribute('href', /^zed:\/\/file\/home\/me\/shop\/demo-app\/src\/app\.rs:\d+$/);
  await page.reload();
  await expect(dash.timeline.getByRole('link', { name: /:\d+$/ })).toHaveAttribute('href', /^zed:\/\/file\/home\/me\/shop\//);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: /^JetBrains/ }).check();
  await expect(dash.timeline.getByRole('link', { name: /:\d+$/ })).toHaveAttribute('href', /^idea:\/\/open\?file=(\/|%2F)home.*app\.rs&line=\d+$/);
  await page.getByRole('radio', { name: /^Another/ }).check();
  await page.getByLabel('URL of another').fill('myeditor://open?file={path}&line={line}');
  await expect(dash.timeline.getByRole('link', { name: /:\d+$/ })).toHaveAttribute('href', /^myeditor:\/\/open\?file=\/home\/me\/shop\/.*app\.rs&line=\d+$/);
  await page.getByLabel('URL of another').fill('javascript:alert({line})');
  await page.keyboard.press('Escape');
  await expect(dash.timeline.getByRole('link', { name: /:\d+$/ })).toHaveCount(0);
});

test('the page itself never scrolls, whatever is gone to in its panes', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/9')).id);
  await dash.end();
  await dash.message('Response').getByRole('button', { name: 'Body' }).click();
  await expect(dash.message('Response').getByText('Body', { exact: true }).last()).toBeInViewport();
  await page.mouse.move(640, 60);
  await page.mouse.wheel(0, 500);
  const scrolled = () => page.evaluate(() => [document.documentElement.scrollTop, document.documentElement.scrollHeight - innerHeight, document.querySelector('main')!.scrollTop]);
  await expect.poll(scrolled).toEqual([0, 0, 0]);
  await expect(page.getByRole('banner')).toBeInViewport({ ratio: 1 });
});

test('who set a value stands beside it where there is room, and else when it is pointed at', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/books/10')).id);
  await dash.end();
  const line = dash.message('Response').getByRole('listitem').filter({ hasText: 'x-frame-options' });
  const by = line.getByRole('button', { name: /set by security_headers/ });
  await expect(by).toHaveCSS('opacity', '0');
  await line.hover();
  await expect(by).toHaveCSS('opacity', '1');
  await page.mouse.move(0, 0);
  await page.setViewportSize({ width: 2560, height: 1000 });
  await expect(by).toHaveCSS('opacity', '1');
  await expect(by).toHaveText('← security_headers');
});

test('at 1280 pixels no name is cut, in the timeline or among the steps, and a long one takes no more than a third', async ({ page, dash, shop }) => {
  const cycle = await shop.visit('/books/46');
  await dash.cycle(cycle.id);
  const names = page.locator('.pane.step .name, .pane.time .label > .cut');
  await expect(names.first()).toBeVisible();
  const cut = () => names.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent));
  expect(await names.count()).toBeGreaterThan(20);
  expect(await cut()).toEqual([]);
  const pane = async (name: string) => (await page.locator(`.pane.${name}`).boundingBox())!.width;
  const before = await pane('step');
  await page.locator('.pane.step ul .mono').first().evaluate((one) => (one.textContent = 'x'.repeat(300)));
  expect(await pane('step'), 'a statement makes no room for itself').toBe(before);
  await names.first().evaluate((one) => (one.textContent = 'x'.repeat(300)));
  expect(await cut()).toHaveLength(1);
  expect(await pane('step')).toBeLessThan((await pane('res')) * 1.1);
});

test('the inner edge of a nest is told from the nest itself', async ({ page, dash, shop }) => {
  await dash.cycle((await shop.visit('/api/books')).id);
  const names = page.getByRole('region', { name: 'Steps' }).locator('.name');
  for (const name of ['nest /api', 'inside nest /api']) await expect(names.and(page.locator(`[title="${name}"]`))).toHaveCount(2);
});
