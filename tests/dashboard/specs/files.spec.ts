import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Feed } from '../lib/feed.ts';
import { Inspector } from '../lib/inspector.ts';
import { Dashboard, expect, test } from '../lib/test.ts';

test('a cycle is saved as HAR and as a page that replays it and asks nothing of the network', async ({ page, dash, shop, context }) => {
  const visit = await shop.visit('/books/8');
  await dash.cycle(visit.id);
  const save = async (name: string) => {
    await page.getByRole('region', { name: 'Cycle', exact: true }).getByText('Export ▾').click();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
    return { name: saved.suggestedFilename(), path: await saved.path() };
  };
  const har = await save('HAR');
  expect(har.name).toBe(`onionskin-${visit.id}.har`);
  const { log } = JSON.parse(await readFile(har.path, 'utf8'));
  expect(log.entries[0].request.url).toContain(visit.target);

  const replay = await save('page that replays it');
  const alone = await context.newPage();
  const asked: string[] = [];
  alone.on('request', (request) => asked.push(request.url()));
  await alone.setContent(await readFile(replay.path, 'utf8'));
  await expect(alone.locator('#title')).toContainText(`GET ${visit.target}`);
  await alone.keyboard.press('End');
  await expect(alone.locator('#where')).toHaveText(/^step (\d+) of \1/);
  await expect(alone.locator('#response')).toContainText('200 OK');
  await alone.screenshot({ path: test.info().outputPath('replay.png'), fullPage: true });
  expect(asked.filter((url) => !url.startsWith('about:'))).toEqual([]);
});

test('what matches is saved by key', async ({ page, dash, shop }) => {
  const visit = await shop.visit('/books/9');
  await dash.open({ filter: `target:${visit.target}` });
  await expect(dash.list.getByText(visit.target)).toBeVisible();
  await page.keyboard.press('x');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'JSON lines' }).click()]);
  const lines = (await readFile(await saved.path(), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([visit.id]);
});

test('a cycle is sent to a collector by key, and how that went is said', async ({ page, dash, shop, guard }) => {
  guard.allow = [/status of 400/];
  const bodies: string[] = [];
  let status = 503;
  const collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((listens) => collector.listen(0, '127.0.0.1', listens));
  const { port } = collector.address() as AddressInfo;

  const visit = await shop.visit('/books/12');
  await dash.cycle(visit.id);
  await page.keyboard.press('s');
  const dialog = page.getByRole('dialog', { name: 'Send to OTLP' });
  await expect(dialog).toContainText(`the cycle ${visit.id}`);
  await dialog.getByRole('textbox', { name: 'To' }).fill(`http://127.0.0.1:${port}`);
  await dialog.getByLabel('Protocol').selectOption('http/json');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog).toContainText('it answers 503');
  status = 200;
  await expect(dialog.getByRole('status')).toContainText(`Sent to http://127.0.0.1:${port}/v1/traces: 1 of 1 cycles`);
  expect(bodies.at(-1)).toContain(visit.id);
  expect(bodies.at(-1)).toBe(bodies[0]);

  await dialog.getByRole('textbox', { name: 'To' }).fill('localhost:4318');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog.getByRole('alert')).toContainText('it must begin with http://');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  // From the menu, all that matches.
  await page.keyboard.press('Escape');
  await dash.open({ filter: `target:${visit.target}` });
  await page.getByText('Export ▾').first().click();
  await page.getByRole('button', { name: 'Send to OTLP…' }).click();
  await expect(dialog).toContainText(`what matches target:${visit.target}`);
  await dialog.getByRole('textbox', { name: 'To' }).fill(`http://127.0.0.1:${port}`);
  await dialog.getByLabel('and what comes').check();
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog.getByRole('status')).toContainText('1 of 1 cycles');
  await expect(dialog.getByRole('status')).toContainText('Sending to');
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog.getByRole('status')).toContainText('Sent to');
  collector.close();
  collector.closeAllConnections();
});

/** What a file of each format has in it of a request for a book. */
const FORMATS: Record<string, RegExp> = {
  HAR: /"url": ?"http:[^"]*\/books\/10/,
  curl: /^curl [^]*\/books\/10/m,
  HTTPie: /http[^]*\/books\/10/,
  'request, as sent': /^GET \/books\/10\S* HTTP\/1\.1\r?\n/,
  'response, as sent': /^HTTP\/1\.1 200 OK\r?\n/,
  'JSON lines': /^\{"[^\n]*\/books\/10[^\n]*\}\n$/,
  Markdown: /`GET \/books\/10|GET \/books\/10/,
  'trace events (Perfetto)': /"traceEvents"/,
  'OTLP JSON (Jaeger, otel-tui)': /"resourceSpans"/,
  'page that replays it': /^<!doctype html>/i,
};

test('a cycle is saved in every format of the menu, masked on demand, and the menu closes', async ({ page, dash, shop }) => {
  const visit = await shop.visit('/books/10?mail=bob@example.com');
  await dash.cycle(visit.id);
  const cycle = page.getByRole('region', { name: 'Cycle', exact: true });
  const menu = cycle.locator('details', { hasText: 'Export' });
  await page.keyboard.press('x');
  const names = await menu.getByRole('listitem').allTextContents();
  expect(names.map((name) => name.trim())).toEqual(expect.arrayContaining(Object.keys(FORMATS)));
  const save = async (name: string) => {
    const [saved] = await Promise.all([page.waitForEvent('download'), menu.getByRole('button', { name, exact: true }).click()]);
    await expect(menu).not.toHaveAttribute('open');
    await expect(menu.locator('summary')).toBeFocused();
    await page.keyboard.press('x');
    return readFile(await saved.path(), 'utf8');
  };
  for (const [name, expected] of Object.entries(FORMATS)) expect(await save(name), name).toMatch(expected);
  // Chromium starts no eleventh download within a second.
  await page.waitForTimeout(1_000);
  expect(await save('curl')).toContain('bob@example.com');
  await menu.getByRole('checkbox', { name: /mask e-mail/ }).check();
  const masked = await save('curl');
  expect(masked).toContain('/books/10');
  expect(masked).not.toContain('bob@example.com');

  await page.keyboard.press('Escape');
  await expect(menu).not.toHaveAttribute('open');
  await expect(menu.locator('summary')).toBeFocused();
  await expect(cycle).toBeVisible();
});

test('a recording is started and ended by its button and by key, and is a file that opens', async ({ page, guard }) => {
  const inspector = await Inspector.alone();
  try {
    const feed = await Feed.open(inspector.socket);
    await feed.send(3);
    const dash = new Dashboard(page, inspector);
    await dash.open();
    await expect(dash.rows).toHaveCount(3);
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    // What is kept already is in it too.
    const running = page.getByRole('button', { name: /recorded$/ });
    await expect(running).toHaveText('3 recorded');
    await expect(running).toHaveAttribute('aria-pressed', 'true');
    await feed.send(2);
    await expect(running).toHaveText('5 recorded');
    await page.keyboard.press('R');
    const idle = page.getByRole('button', { name: 'Record', exact: true });
    await expect(idle).toHaveAttribute('aria-pressed', 'false');
    const { recording } = await inspector.get<{ recording: { file: string; running: boolean; cycles: number } }>('/api/status');
    expect(recording).toMatchObject({ running: false, cycles: 5 });
    await expect(idle).toHaveAttribute('title', new RegExp(recording.file.replace(/[^\w/]/g, '.')));
    expect((await readFile(recording.file)).subarray(0, 15).toString()).toBe('SQLite format 3');

    // Somebody else began one meanwhile: that is said, and then shown.
    guard.allow = [/409/];
    const headers = { authorization: `Bearer ${inspector.token}`, 'content-type': 'application/json' };
    const other = await fetch(`${inspector.origin}/api/recording`, { method: 'POST', headers, body: JSON.stringify({ file: `${recording.file}.other`, history: false }) });
    expect(other.status).toBe(200);
    await page.keyboard.press('R');
    await expect(page.getByRole('status').filter({ hasText: 'end that first' })).toBeVisible();
    await expect(running).toHaveText('0 recorded');
    feed.link.close();
  } finally {
    await page.close();
    await inspector.stop();
  }
});
