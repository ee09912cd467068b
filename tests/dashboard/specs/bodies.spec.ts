import type { Locator } from '@playwright/test';
import { readFileSync } from 'node:fs';
import type { Inspector } from '../lib/inspector.ts';
import { expect, test } from '../lib/test.ts';

/** Gives a book its cover, and looks at it. */
async function cover(shop: Inspector, book: number) {
  const picture = readFileSync(new URL('../../../demo-app/seed/covers/sea.png', import.meta.url));
  const body = new FormData();
  body.set('book_id', String(book));
  body.set('cover', new Blob([picture], { type: 'image/png' }), 'sea.png');
  await shop.visit('/upload', { method: 'POST', body });
  return shop.visit(`/covers/${book}.png`, { headers: { 'accept-encoding': 'identity' } });
}

const tabs = (side: Locator) => side.getByRole('tablist', { name: 'Body as' }).first();

test('JSON is a tree, and what was sent stays to be seen', async ({ dash, shop }) => {
  const headers = { 'content-type': 'application/json' };
  const cycle = await shop.visit('/api/books', { method: 'POST', headers, body: JSON.stringify({ title: 'Onions', tags: ['a', { deep: true }], password: 'verysecret' }) });
  await dash.cycle(cycle.id);
  await dash.end();
  const response = dash.message('Response');
  await expect(tabs(response).getByRole('tab', { selected: true })).toHaveText('json');
  const listing = await shop.visit('/api/books', { headers: { 'accept-encoding': 'identity' } });
  await dash.cycle(listing.id);
  await dash.end();
  await expect(response.locator('.body')).toContainText('title:');
  await tabs(response).getByRole('tab', { name: 'hex' }).click();
  await expect(response.locator('.body')).toContainText('000010');
  await tabs(response).getByRole('tab', { name: 'text' }).click();
  await expect(response.locator('.body')).toContainText('"title":');
});

test('a body is shown decoded, and as it was sent', async ({ dash, shop }) => {
  const cycle = await shop.visit('/books/13', { headers: { 'accept-encoding': 'gzip' } });
  await dash.cycle(cycle.id);
  await dash.end();
  const response = dash.message('Response');
  await expect(response.getByText(/ decoded/)).toBeVisible();
  await expect(tabs(response).getByRole('tab', { selected: true })).toHaveText('html');
  await response.getByRole('button', { name: 'encoded (gzip)' }).click();
  await expect(tabs(response).getByRole('tab', { selected: true })).toHaveText('hex');
  await expect(response.locator('.body')).toContainText('1f 8b 08');
});

test('HTML is text, and on demand a page that may do nothing', async ({ page, dash, shop, guard }) => {
  // That the frame is refused its style sheet and its script is what is wanted.
  guard.allow = [/Loading the stylesheet .* violates/, /Blocked script execution in 'about:srcdoc'/];
  const cycle = await shop.visit('/books/14');
  await dash.cycle(cycle.id);
  await dash.end();
  const response = dash.message('Response');
  await expect(response.locator('.body')).toContainText('<!doctype html>');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await response.getByRole('button', { name: 'Preview' }).click();
  const frame = response.locator('iframe');
  await expect(frame).toHaveAttribute('sandbox', '');
  await expect(frame.contentFrame().getByRole('heading', { level: 1 })).toBeVisible();
  expect(asked.filter((url) => !url.startsWith(shop.origin) && !url.startsWith('about:'))).toEqual([]);
});

test('an image is shown', async ({ dash, shop }) => {
  const cycle = await cover(shop, 29);
  await dash.cycle(cycle.id);
  await dash.end();
  const image = dash.message('Response').getByRole('img', { name: /^The body: image\/png, \d+ × \d+/ });
  await expect(image).toBeVisible();
  expect(await image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
});

test('a form is a table', async ({ dash, shop }) => {
  const cycle = await shop.visit('/login', { method: 'POST', body: new URLSearchParams({ email: 'ada@example.org', password: 'wrong', next: '/cart' }) });
  await dash.cycle(cycle.id);
  await dash.end();
  const form = dash.message('Request').getByRole('table', { name: 'Form' });
  await expect(form.getByRole('row', { name: /^next \/cart/ })).toBeVisible();
  await expect(form.getByRole('row', { name: /^password/ })).not.toContainText('wrong');
});

test('multipart is shown part by part, with the names of files', async ({ dash, shop }) => {
  const body = new FormData();
  body.set('title', 'A cover');
  body.set('file', new Blob(['name,price\nonion,3\n'], { type: 'text/csv' }), 'books.csv');
  const cycle = await shop.visit('/upload', { method: 'POST', body });
  await dash.cycle(cycle.id);
  await dash.end();
  const request = dash.message('Request');
  await expect(request.locator('summary', { hasText: 'books.csv' })).toContainText('text/csv');
  await expect(request.locator('.body')).toContainText('onion,3');
});

test('what a layer did to a body is shown against the body before', async ({ dash, shop }) => {
  const cycle = await shop.visit('/books/15', { headers: { 'accept-encoding': 'identity' } });
  const { steps } = await shop.get<{ steps: { seq: number; edits: { op: string; what: string }[] }[] }>(`/api/cycles/${cycle.id}/timeline`);
  const changed = steps.find(({ edits }) => edits.some(({ op, what }) => op === 'change' && what === 'body'))!;
  await dash.cycle(cycle.id, changed.seq);
  const response = dash.message('Response');
  await response.getByRole('button', { name: 'difference to the body before' }).click();
  await expect(response.getByRole('button', { name: 'difference to the body before' })).toHaveAttribute('aria-pressed', 'true');
  await expect(response.locator('.body').getByText(/[−+]/).first()).toBeVisible();
});

test('a body is saved as a file by those who have the token', async ({ page, dash, shop }) => {
  const cycle = await cover(shop, 29);
  await dash.cycle(cycle.id);
  await dash.end();
  const [saved] = await Promise.all([page.waitForEvent('download'), dash.message('Response').getByRole('button', { name: 'Download' }).click()]);
  expect(saved.suggestedFilename()).toMatch(/\.bin$/);
});
