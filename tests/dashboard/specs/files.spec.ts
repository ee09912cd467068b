import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '../lib/test.ts';

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
