import type { Locator } from '@playwright/test';
import { readFileSync } from 'node:fs';
import type { Inspector } from '../lib/inspector.ts';
import { cycle, shopText } from '../lib/cycles.ts';
import { Link } from '../lib/link.ts';
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

let sent = 0;

/** A cycle whose view answered with one body, and a layer made another of it. */
async function answered(shop: Inspector, type: string, bodies: [string, string]): Promise<string> {
  const run = `b0d1e5${String(sent++).padStart(6, '0')}`;
  const link = await Link.open(shop.socket, 'bodies', run);
  await link.cycle(cycle({ run, app: 'bodies', number: 0, text: shopText, status: 200, outcome: { kind: 'completed' }, response: { type, bodies } }));
  const { id } = await shop.cycle(`run:${run}`);
  link.close();
  return id;
}

/** The step at which the layer put its body in the place of the view's. */
const REPLACED = 6;

test('what became different in JSON is shown in its tree, whatever the order of its keys', async ({ dash, shop }) => {
  const before = { title: 'Onions', price: 1299, tags: ['root', 'bulb'], gone: null, deep: { same: true } };
  const after = { deep: { same: true }, tags: ['root', 'red', 'bulb'], price: 999, title: 'Onions', fresh: 'yes' };
  await dash.cycle(await answered(shop, 'application/json', [JSON.stringify(before), JSON.stringify(after)]), REPLACED);
  const response = dash.message('Response');
  await response.getByRole('button', { name: 'difference to the body before' }).click();
  const lines = response.locator('.body').getByRole('listitem');
  const line = (text: string | RegExp) => lines.filter({ hasText: text });
  await expect(line('price:').getByRole('img', { name: 'changed' })).toBeVisible();
  await expect(line('price:').locator('del')).toHaveText('1299');
  await expect(line('price:')).toContainText('999');
  await expect(line('red').getByRole('img', { name: 'added' })).toBeVisible();
  await expect(line('fresh:').getByRole('img', { name: 'added' })).toBeVisible();
  await expect(line('gone:').getByRole('img', { name: 'removed' })).toBeVisible();
  for (const same of ['title:', 'bulb', 'same:']) await expect(line(same).getByRole('img')).toHaveCount(0);
  await line('tags:').getByRole('button', { name: 'Fold tags' }).click();
  await expect(line('red')).toHaveCount(0);
});

test('XML is laid out, and compared line by line', async ({ dash, shop }) => {
  const xml = (price: number) => `<?xml version="1.0"?><book id="7"><title>Onions &amp; more</title><price>${price}</price></book>`;
  await dash.cycle(await answered(shop, 'application/xml', [xml(12), xml(9)]), REPLACED);
  const response = dash.message('Response');
  await expect(tabs(response).getByRole('tab', { selected: true })).toHaveText('xml');
  const lines = response.locator('.body').getByRole('listitem');
  await expect(lines.filter({ hasText: '<title>' })).toContainText('Onions &amp; more');
  await response.getByRole('button', { name: 'difference to the body before' }).click();
  await expect(lines.filter({ hasText: '12' }).getByRole('img', { name: 'removed' })).toBeVisible();
  await expect(lines.filter({ hasText: '<price>9' }).getByRole('img', { name: 'added' })).toBeVisible();
  await expect(lines.filter({ hasText: '<title>' }).getByRole('img')).toHaveCount(0);
});

test('server-sent events are listed: name, id and data of each', async ({ dash, shop }) => {
  const events = 'event: stock\nid: 7\ndata: one\ndata: two\n\n: a comment\n\ndata: alone\n\n';
  await dash.cycle(await answered(shop, 'text/event-stream', [events, events]), REPLACED);
  const response = dash.message('Response');
  await expect(tabs(response).getByRole('tab', { selected: true })).toHaveText('events');
  const listed = response.locator('.body').getByRole('listitem');
  await expect(listed).toHaveCount(2);
  await expect(listed.nth(0)).toHaveText(/^stock\s+id 7\s+one\\ntwo$/);
  await expect(listed.nth(1)).toHaveText(/^message\s+alone$/);
});

test('of a body that nobody read it is said how long it would have been', async ({ dash, shop }) => {
  const { id } = await shop.visit('/api/books', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"title":"The Onion"}' });
  await dash.cycle(id);
  await dash.end();
  await expect(dash.message('Request').locator('.body')).toContainText('21 B, unread');
});
