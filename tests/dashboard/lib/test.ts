import { test as base, expect, type Page } from '@playwright/test';
import { Inspector } from './inspector.ts';

export { expect };

/** What must not happen on any page: reports of the policy, errors, the canary set. A test may say what it expects. */
export class Guard {
  readonly seen: string[] = [];
  /** What a test causes on purpose. */
  allow: RegExp[] = [];

  async watch(page: Page): Promise<void> {
    page.on('pageerror', (error) => this.seen.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.seen.push(`console: ${message.text()}`);
    });
    page.on('dialog', (dialog) => (this.seen.push(`dialog: ${dialog.message()}`), void dialog.dismiss()));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
  }

  async check(page: Page): Promise<void> {
    for (const frame of page.isClosed() ? [] : page.frames()) {
      const canary = await frame.evaluate(() => '__canary' in window).catch(() => false);
      if (canary) this.seen.push(`the canary is set in ${frame.url()}`);
    }
    const bad = this.seen.filter((line) => !this.allow.some((pattern) => pattern.test(line)));
    expect(bad, 'what must not happen on a page').toEqual([]);
  }
}

/** The dashboard, as a user comes to it. */
export class Dashboard {
  constructor(
    readonly page: Page,
    readonly inspector: Inspector,
  ) {}

  /** Opens the URL that was printed, with more behind its `#`. */
  async open(place: Record<string, string> = {}): Promise<void> {
    const more = new URLSearchParams(place).toString();
    await this.page.goto(`${this.inspector.origin}/#token=${this.inspector.token}${more && `&${more}`}`);
    await expect(this.page.getByRole('button', { name: /^State of the tool/ })).toContainText('connected');
  }

  /** Opens a cycle, at a step. */
  async cycle(id: string, step = 0): Promise<void> {
    await this.open({ cycle: id, ...(step > 0 && { step: String(step) }) });
    await expect(this.cycleName).toBeVisible();
    await expect(this.step).toHaveText(/^step \d+ \/ \d+$/);
  }

  get list() {
    return this.page.getByRole('grid', { name: 'Cycles' });
  }

  get rows() {
    return this.list.getByRole('row').filter({ has: this.page.getByRole('gridcell') });
  }

  get filter() {
    return this.page.getByRole('combobox', { name: 'Filter' });
  }

  get cycleName() {
    return this.page.getByRole('region', { name: 'Cycle', exact: true }).getByRole('heading', { level: 2 });
  }

  /** `step 3 / 14` */
  get step() {
    return this.page.getByRole('group', { name: 'Replay' }).locator('span.figure');
  }

  get timeline() {
    return this.page.getByRole('region', { name: 'Timeline' });
  }

  message(side: 'Request' | 'Response') {
    return this.page.getByRole('region', { name: side, exact: true });
  }

  /** What is behind the `#`. */
  get place(): URLSearchParams {
    return new URLSearchParams(new URL(this.page.url()).hash.slice(1));
  }

  /** Goes to the last step. */
  async end(): Promise<void> {
    const { steps } = await this.inspector.get<{ steps: unknown[] }>(`/api/cycles/${this.place.get('cycle')}/timeline`);
    await this.page.getByRole('slider', { name: 'Step', exact: true }).fill(String(steps.length - 1));
    await expect(this.step).toHaveText(`step ${steps.length} / ${steps.length}`);
  }
}

interface Tools {
  guard: Guard;
  dash: Dashboard;
}

/** `shop` is one for all tests: they tell their cycles apart by filters. */
export const test = base.extend<Tools, { shop: Inspector }>({
  shop: [
    async ({}, use) => {
      const shop = await Inspector.shop();
      await use(shop);
      await shop.stop();
    },
    { scope: 'worker' },
  ],
  guard: [
    async ({ page }, use) => {
      const guard = new Guard();
      await guard.watch(page);
      await use(guard);
      await guard.check(page);
    },
    { auto: true },
  ],
  dash: async ({ page, shop, guard: _ }, use) => use(new Dashboard(page, shop)),
});
