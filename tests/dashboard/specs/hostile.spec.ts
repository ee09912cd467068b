import { cycle, stack } from '../lib/cycles.ts';
import { Link } from '../lib/link.ts';
import { expect, test } from '../lib/test.ts';

/** Markup that would run, and characters that would hide, break lines or turn directions. */
const STRINGS: Record<string, string> = {
  markup: [
    '<script>window.__canary=1</script>',
    '<img src=x onerror="window.__canary=1">',
    '" autofocus onfocus="window.__canary=1" x="',
    "'><svg onload=window.__canary=1>",
    '</textarea></title><iframe srcdoc="<script>parent.__canary=1</script>">',
    '{@html "<img src=x onerror=window.__canary=1>"}${window.__canary=1}{{constructor.constructor("window.__canary=1")()}}',
  ].join(''),
  'a URL': 'javascript:window.__canary=1',
  'a name of JavaScript': '__proto__',
  'odd characters': [
    'a\u0000\u0007\u001b[31m\u001b]0;x\u0007\u007f\u0085\u009b31mz',
    'a\u200b\u200d\u2028\u2029\u202e\u2066\ufeff\u00ad\u{e0041}z',
    'one\r\nset-cookie: a=b\r\n\r\ntwo\ttabbed',
  ].join(''),
};
/** What must never be on the page as it is. */
const ODD = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]/u;

/** As much of a text as the name of an app may be long. */
function short(text: string): string {
  const chars = [...text];
  while (Buffer.byteLength(chars.join('')) > 128) chars.pop();
  return chars.join('');
}

/** Text of the page and what is read out of it, and all of its markup that could do something. */
const inside = () => ({
  text: `${document.documentElement.textContent}\n${[...document.querySelectorAll('*')].flatMap((one) => ['title', 'aria-label', 'aria-valuetext', 'alt'].map((name) => one.getAttribute(name) ?? '')).join('\n')}`,
  markup: document.querySelectorAll('script:not([src]), [onerror], [onload], [onfocus], [autofocus], iframe:not([sandbox=""]), img:not([src^="data:image/"]), a[href^="javascript:" i]').length,
});

for (const [name, evil] of Object.entries(STRINGS)) {
  test(`hostile text through every field does nothing and is shown: ${name}`, async ({ page, dash, shop, guard: _ }) => {
    const run = Buffer.from(name.slice(-6).padEnd(6)).toString('hex');
    const app = short(evil);
    const link = await Link.open(shop.socket, app, run);
    const text = (place: string) => (place === 'method' ? evil : `${place}:${evil}`);
    await link.send({ type: 'stack', stack: stack(text) });
    for (const number of [0, 1]) await link.cycle(cycle({ run, app, number, text, startedUs: Date.now() * 1_000 }));
    const look = async (what: string) => {
      const { text, markup } = await page.evaluate(inside);
      expect(markup, `markup in ${what}`).toBe(0);
      expect(ODD.exec(text)?.[0].codePointAt(0)?.toString(16), `an odd character in ${what}`).toBeUndefined();
    };

    const id = (await shop.cycle(`run:${run} number:1`)).id;
    const word = `"${app.replace(/["\\]/g, '\\$&')}"`;
    await dash.open({ filter: `run:${run} or app:${word}` });
    await expect(dash.rows.first()).toContainText('target:');
    for (const cell of await dash.rows.first().getByRole('gridcell').all()) await cell.hover();
    await look('the list');

    await dash.cycle(id);
    const { steps } = await shop.get<{ steps: unknown[] }>(`/api/cycles/${id}/timeline`);
    const scrub = page.getByRole('slider', { name: 'Step', exact: true });
    for (const at of [0, 1, 4, 6, steps.length - 1]) {
      await scrub.fill(String(at));
      await expect(dash.step).toHaveText(`step ${at + 1} / ${steps.length}`);
      await expect(dash.message('Request').getByRole('tablist', { name: 'Body as' }).first()).toBeVisible();
      await look(`step ${at}`);
    }
    await expect(dash.message('Response').locator('.body')).toContainText('json value');
    for (const history of await page.getByRole('button', { name: /^History of/ }).all()) await history.click();
    for (const row of await dash.timeline.locator('.label').all()) await row.focus();
    await look('histories');
    for (const side of ['Request', 'Response'] as const) {
      const tabs = dash.message(side).getByRole('tablist', { name: 'Body as' }).first().getByRole('tab');
      for (const tab of await tabs.all()) {
        await tab.click();
        await expect(tab).toHaveAttribute('aria-selected', 'true');
        await look(`${side} as ${await tab.textContent()}`);
      }
    }

    await page.keyboard.press('2');
    await expect(page.getByRole('region', { name: 'Routes' })).toBeVisible();
    await page.getByLabel('App run').selectOption(run);
    await expect(page.getByRole('region', { name: 'Layers and views' })).toContainText('session name');
    await page.getByRole('region', { name: 'Routes' }).getByRole('button', { expanded: false }).first().click();
    await look('the map');
    await dash.open({ screen: 'compare', against: `${run}-0`, cycle: id });
    await expect(page.getByRole('region', { name: 'Cycle A' })).toBeVisible();
    await look('the comparison');
    await page.keyboard.press('3');
    await expect(page.getByRole('dialog')).toContainText('Version');
    await look('the state');

    // What a user once wrote, or a link made them write.
    await page.evaluate((evil) => {
      localStorage.setItem('onionskin.filters', JSON.stringify([evil]));
      localStorage.setItem('onionskin.named-filters', JSON.stringify({ [evil]: evil }));
      localStorage.setItem('onionskin.settings', JSON.stringify({ editor: 'custom', template: evil, paths: [{ from: evil, to: evil }] }));
    }, evil);
    await dash.open({ filter: word, cycle: id, run: evil, against: evil, step: evil, screen: evil });
    await page.reload();
    await page.locator('summary', { hasText: 'Filters' }).click();
    await expect(page.getByRole('button', { name: /^Forget/ })).toHaveCount(1);
    await look('filters kept');
    link.close();
  });
}
