import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test, type Dashboard } from '../lib/test.ts';

const SCREENS: Record<string, (dash: Dashboard, page: Page, cycle: { a: string; b: string }) => Promise<unknown>> = {
  list: async (dash) => (await dash.open(), await expect(dash.rows.first()).toContainText(/\d/)),
  cycle: async (dash, _, { a }) => (await dash.cycle(a), await dash.end()),
  stack: async (dash, page) => (await dash.open({ screen: 'stack' }), await page.getByRole('region', { name: 'Routes' }).getByRole('button', { expanded: false }).first().click()),
  compare: async (dash, page, { a, b }) => (await dash.open({ screen: 'compare', cycle: a, against: b }), await expect(page.getByRole('region', { name: 'Cycle A' })).toBeVisible()),
  'filter error': async (dash, page) => (await dash.open(), await dash.filter.fill('status:x'), await dash.filter.press('Enter'), await expect(page.getByRole('alert')).toBeVisible()),
  state: async (dash, page) => (await dash.open(), await page.keyboard.press('3'), await expect(page.getByRole('dialog')).toContainText('Version')),
  keys: async (dash, page) => (await dash.open(), await page.keyboard.press('?'), await expect(page.getByRole('dialog')).toBeVisible()),
  commands: async (dash, page) => (await dash.open(), await page.keyboard.press(':'), await expect(page.getByRole('option').first()).toBeVisible()),
  settings: async (dash, page) => (await dash.open(), await page.getByRole('button', { name: 'Settings' }).click(), await expect(page.getByRole('dialog')).toBeVisible()),
  send: async (dash, page) => (await dash.open(), await page.keyboard.press('s'), await expect(page.getByRole('dialog')).toBeVisible()),
  locked: async (dash, page) => (await page.goto(dash.inspector.origin), await expect(page.getByLabel('URL or token')).toBeVisible()),
};

for (const [name, show] of Object.entries(SCREENS)) {
  test(`axe finds nothing: ${name}, dark and light, wide and narrow`, async ({ page, dash, shop }) => {
    const cycles = { a: (await shop.visit('/panic')).id, b: (await shop.visit('/books/28')).id };
    for (const [width, height] of [[1280, 800], [390, 844]] as const) {
      await page.setViewportSize({ width, height });
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.goto('about:blank');
        await page.evaluate(() => sessionStorage.clear()).catch(() => undefined);
        await show(dash, page, cycles);
        const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
        const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`));
        expect(found, `${name}, ${colorScheme}, ${width}`).toEqual([]);
      }
    }
  });
}
