import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cycle, shopText } from '../lib/cycles.ts';
import { Inspector } from '../lib/inspector.ts';
import { Link } from '../lib/link.ts';
import { CALLER, TRACE, TRACEPARENT, tell } from '../lib/spans.ts';
import { Dashboard, expect, test } from '../lib/test.ts';

const RUN = '5ba9500000aa';

/** An inspector that receives spans, and a cycle that was asked for with a `traceparent`. */
async function joined(number = 1) {
  const inspector = await Inspector.alone(0, 64, ['--otlp=0']);
  const link = await Link.open(inspector.socket, 'shop', RUN);
  const startedUs = Date.now() * 1_000;
  const text = (place: string) => ({ 'header name': 'traceparent', 'header value': TRACEPARENT })[place] ?? shopText(place);
  await link.cycle(cycle({ run: RUN, app: 'shop', number, text, startedUs }));
  const { id } = await inspector.cycle(`run:${RUN}`);
  return { inspector, link, id, startedUs };
}

test('spans of other services stand below the timeline, and come as they come', async ({ page }) => {
  const { inspector, link, id, startedUs } = await joined();
  try {
    const dash = new Dashboard(page, inspector);
    await dash.cycle(id);
    const lane = page.getByRole('region', { name: 'Other spans of the trace' });
    await expect(lane, 'a cycle of whose trace nothing came says nothing').toHaveCount(0);

    // After the cycle was opened.
    await tell(inspector.otlp, 'front', startedUs, [{ id: CALLER, name: 'GET /books', from: -400_000, took: 5_000_000 }]);
    await expect(lane).toContainText('1 other span of the trace');
    await tell(inspector.otlp, 'bank', startedUs, [
      { id: '1111111111111111', parent: CALLER, name: 'charge', from: 1_300_000, took: 900_000, kind: 2, error: 'no money', attributes: { 'db.system': 'ledger' }, events: [{ name: 'asked twice', attributes: { pence: '1200' } }] },
      { id: '2222222222222222', parent: '1111111111111111', name: 'a second later', from: 1_000_000_000, took: 5_000 },
    ]);
    await expect(lane).toContainText('3 other spans of the trace');
    await expect(lane).toContainText('bank, front');
    await expect(lane.getByRole('button')).toHaveCount(3);
    await expect(lane.getByRole('button').first()).toContainText('front GET /books');
    await expect(lane.getByTitle('After the cycle')).toHaveCount(1);

    const charge = lane.getByRole('button', { name: /bank charge/ });
    await expect(charge).toContainText('error 900 µs');
    await charge.click();
    await expect(charge).toHaveAttribute('aria-expanded', 'true');
    for (const said of ['wrong: no money', 'ledger', 'asked twice', '1.3 ms into the cycle, by its own clock', TRACE]) await expect(lane).toContainText(said);
    await charge.press('Enter');
    await expect(lane).not.toContainText('ledger');

    await page.keyboard.press('3');
    const state = page.getByRole('dialog', { name: 'State of the tool' });
    await expect(state).toContainText(/OTLP is received on\s*127\.0\.0\.1:\d+/);
    await expect(state).toContainText(/Spans received\s*3/);
  } finally {
    link.close();
    await inspector.stop();
  }
});

test('hostile text through every field of a span does nothing and is shown', async ({ page }) => {
  const { inspector, link, id, startedUs } = await joined();
  const evil = '<img src=x onerror="window.__canary=1"><script>window.__canary=1</script>javascript:window.__canary=1 a\u001b[31m\u009b31m\u202e\u200b\u0000\r\nz{@html 1}';
  const pair = { [`attribute ${evil}`]: `value ${evil}`, __proto__x: evil };
  try {
    const dash = new Dashboard(page, inspector);
    await tell(inspector.otlp, `service ${evil}`, startedUs, [
      { id: '3333333333333333', name: `name ${evil}`, from: 5, took: 7, error: `message ${evil}`, attributes: pair, events: [{ name: `event ${evil}`, attributes: pair }] },
    ]);
    await dash.cycle(id);
    const lane = page.getByRole('region', { name: 'Other spans of the trace' });
    await lane.getByRole('button').click();
    for (const place of ['service', 'name', 'message', 'attribute', 'value', 'event']) await expect(lane).toContainText(`${place} <img src=x onerror`);
    const { text, markup } = await page.evaluate(() => ({
      text: `${document.documentElement.textContent}${[...document.querySelectorAll('[title], [aria-label]')].map((one) => `${one.getAttribute('title')}${one.getAttribute('aria-label')}`).join('')}`,
      markup: document.querySelectorAll('img, script:not([src]), [onerror]').length,
    }));
    expect(markup).toBe(0);
    expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e]/);
  } finally {
    link.close();
    await inspector.stop();
  }
});

test('no page can send spans', async ({ page, guard }) => {
  guard.allow = [/Failed to load|ERR_|CORS/];
  const { inspector, link } = await joined();
  const foreign = createServer((_, answer) => void answer.setHeader('content-type', 'text/html').end('<title>a page</title>'));
  await new Promise<void>((done) => foreign.listen(0, '127.0.0.1', done));
  try {
    await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const outcome = await page.evaluate(async (url) => {
      const kinds = ['text/plain', 'application/json', 'application/x-protobuf'];
      const post = (mode: RequestMode) => (kind: string) => fetch(url, { method: 'POST', mode, headers: { 'content-type': kind }, body: '{}' }).then((a) => a.type, () => 'failed');
      return Promise.all([...kinds.map(post('cors')), ...kinds.map(post('no-cors'))]);
    }, `${inspector.otlp}/v1/traces`);
    expect(outcome.slice(0, 3)).toEqual(['failed', 'failed', 'failed']);
    const { otlp } = await inspector.get<{ otlp: { spans: { received: number; refused_requests: number } } }>('/api/status');
    expect(otlp.spans.received).toBe(0);
    expect(otlp.spans.refused_requests, 'they were asked, and refused').toBeGreaterThan(3);
  } finally {
    foreign.close();
    link.close();
    await inspector.stop();
  }
});

test('spans that a damaged recording has lost are counted', async ({ page }) => {
  const { inspector, link, id, startedUs } = await joined();
  try {
    const answered = await fetch(`${inspector.origin}/api/recording`, {
      method: 'POST',
      headers: { authorization: `Bearer ${inspector.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ history: true }),
    });
    const { file } = (await answered.json()) as { file: string };
    await tell(inspector.otlp, 'front', startedUs, [{ id: CALLER, name: 'GET /books', from: -400_000, took: 5_000_000 }]);
    await tell(inspector.otlp, 'bank', startedUs, [{ id: '1111111111111111', parent: CALLER, name: 'to be damaged', from: 1_300_000, took: 900_000 }]);
    const beside = () => inspector.get<{ spans: unknown[] }>(`/api/cycles/${id}/spans`);
    await expect.poll(async () => (await beside()).spans.length).toBe(2);
    await inspector.program.stop();

    const bytes = await readFile(file);
    const at = bytes.indexOf('to be damaged');
    expect(at).toBeGreaterThan(0);
    bytes[at]! ^= 1;
    await writeFile(file, bytes);
    const opened = await Inspector.open(file);
    try {
      await new Dashboard(page, opened).cycle(id);
      const lane = page.getByRole('region', { name: 'Other spans of the trace' });
      await expect(lane).toContainText("of front; by their own clocks ▲ 1 or more can't be read: the recording is damaged");
    } finally {
      await page.close();
      await opened.stop();
    }
  } finally {
    link.close();
    await inspector.stop();
  }
});
