import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '../lib/test.ts';

/** Names of this machine: that of the page which attacks, and that by which it asks for the inspector. */
const NAMES = ['127.0.0.1', 'localhost'].flatMap((from, _, all) => all.map((to) => ({ from, to })));

/** A page of somebody else's, on another port of this machine: its address, and how to close it. */
async function elsewhere(name: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title><p>hello'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://${name}:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** Status, method and URL of what was answered below a URL: what the browser keeps from the page too. */
async function heard(page: Page, below: string): Promise<string[]> {
  const answers: string[] = [];
  const asked = new Map<string, string>();
  const cdp = await page.context().newCDPSession(page);
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => asked.set(requestId, `${request.method} ${request.url}`));
  cdp.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const one = asked.get(requestId) ?? '';
    if (one.includes(below)) answers.push(`${statusCode} ${one}`);
  });
  await cdp.send('Network.enable');
  return answers;
}

const PATHS = ['/', '/app.js', '/api/status', '/api/cycles', '/api/live', '/api/openapi.json', '/api/keys', '/api/recording', '/api/export'];

for (const { from, to } of NAMES) {
  const how = `from ${from} to ${to}`;

  test(`a page of another origin reads nothing of the inspector and changes nothing: ${how}`, async ({ page, shop, guard }) => {
    // The browser says in its console what it refused: that is what is wanted here.
    guard.allow = [/./];
    await shop.visit('/books/27');
    const before = await shop.get<{ counters: object }>('/api/status');
    const other = await elsewhere(from);
    const origin = shop.origin.replace('127.0.0.1', to);
    const answers = await heard(page, `${origin}/`);
    try {
      await page.goto(other.url);
      const read = await page.evaluate(
        async ({ origin, paths, token }) => {
          const got: string[] = [];
          const tries: [string, RequestInit][] = [
            ['plain', {}],
            ['no-cors', { mode: 'no-cors' }],
            ['no-cors with cookies', { mode: 'no-cors', credentials: 'include' }],
            ['POST', { method: 'POST', mode: 'no-cors', body: 'x=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
            ['POST of JSON as text', { method: 'POST', mode: 'no-cors', body: '{"history":true}', headers: { 'content-type': 'text/plain' } }],
            ['POST of JSON', { method: 'POST', body: '{"history":true}', headers: { 'content-type': 'application/json' } }],
            ['DELETE', { method: 'DELETE' }],
            ['with the token itself', { headers: { authorization: `Bearer ${token}` } }],
          ];
          for (const path of paths) {
            for (const [name, init] of tries) {
              const text = await fetch(origin + path, init).then((answer) => answer.text(), () => '');
              if (text !== '') got.push(`${name} ${path}: ${text.slice(0, 80)}`);
            }
            navigator.sendBeacon(origin + path, '{"history":true}');
          }
          return got;
        },
        { origin, paths: PATHS, token: shop.token },
      );
      expect(read).toEqual([]);

      const loaded = await page.evaluate(
        async ({ origin, paths }) => {
          const got: string[] = [];
          const settled = (what: string, at: { onerror: unknown; onclose?: unknown; onload?: unknown; onopen?: unknown; onmessage?: unknown }) =>
            new Promise<void>((done) => {
              at.onerror = () => done();
              at.onclose = () => done();
              at.onload = at.onopen = at.onmessage = () => (got.push(what), done());
            });
          await settled('WebSocket', new WebSocket(`${origin.replace('http', 'ws')}/api/live`));
          const source = new EventSource(`${origin}/api/live`);
          await settled('EventSource', source);
          source.close();
          for (const path of paths) {
            const script = document.createElement('script');
            script.src = origin + path;
            const image = new Image();
            image.src = origin + path;
            const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: origin + path });
            const waits = [settled(`script ${path}`, script), settled(`image ${path}`, image), settled(`style ${path}`, style)];
            document.head.append(script, style);
            await Promise.all(waits);
          }
          return got;
        },
        { origin, paths: PATHS },
      );
      expect(loaded).toEqual([]);
      // Not only the browser keeps them apart: the inspector refuses each of them, whatever it was for.
      expect(answers.length).toBeGreaterThan(3 * PATHS.length);
      expect(answers.filter((one) => !one.startsWith('403 '))).toEqual([]);
      expect(await shop.get<{ counters: object }>('/api/status')).toMatchObject({ counters: before.counters, recording: null });
    } finally {
      other.close();
    }
  });

  test(`it is in no frame, and a window that somebody else opened is out of their reach: ${how}`, async ({ page, context, dash, shop, guard }) => {
    guard.allow = [/./];
    await dash.open();
    const other = await elsewhere(from);
    const origin = shop.origin.replace('127.0.0.1', to);
    try {
      await page.goto(other.url);
      await page.evaluate((origin) => {
        const frame = document.createElement('iframe');
        frame.src = origin;
        document.body.append(frame);
        return new Promise((done) => (frame.onload = done));
      }, origin);
      const frame = page.frames().find((one) => one !== page.mainFrame())!;
      expect(frame.url()).not.toContain(origin);

      const [opened] = await Promise.all([
        context.waitForEvent('page'),
        page.evaluate((url) => void ((window as unknown as { w: Window }).w = open(url, 'victim')!), `${origin}/#filter=method:GET`),
      ]);
      await opened.waitForLoadState();
      const reached = await page.evaluate(async () => {
        const { w } = window as unknown as { w: Window };
        w.postMessage({ token: 'x', type: 'go', filter: 'hacked' }, '*');
        const told = await new Promise((done) => {
          addEventListener('message', (event) => done(event.data), { once: true });
          setTimeout(() => done(null), 300);
        });
        let document = false;
        try {
          document = w.document !== undefined;
        } catch {
          // As it should be.
        }
        return { told, document, closed: w.closed };
      });
      expect(reached.told).toBeNull();
      expect(reached.document).toBe(false);
      // Cross-Origin-Opener-Policy cuts the two apart.
      expect(reached.closed).toBe(true);
      expect(await opened.evaluate(() => window.opener)).toBeNull();
    } finally {
      other.close();
    }
  });

  test(`a form that another page sends is refused: ${how}`, async ({ page, shop, guard }) => {
    guard.allow = [/./];
    const other = await elsewhere(from);
    const origin = shop.origin.replace('127.0.0.1', to);
    try {
      for (const [method, path] of [['post', '/api/cycles'], ['get', '/api/status'], ['post', '/']] as const) {
        await page.goto(other.url);
        const [answer] = await Promise.all([
          page.waitForResponse((one) => one.url().startsWith(origin)),
          page.evaluate(
            ({ method, action }) => {
              const form = Object.assign(document.createElement('form'), { method, action, enctype: 'text/plain' });
              document.body.append(form);
              form.submit();
            },
            { method, action: origin + path },
          ),
        ]);
        await page.waitForURL(`${origin}${path}*`);
        expect([401, 403, 405], `${method} ${path}`).toContain(answer.status());
      }
    } finally {
      other.close();
    }
  });
}
