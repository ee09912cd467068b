import { readFile } from 'node:fs/promises';
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
