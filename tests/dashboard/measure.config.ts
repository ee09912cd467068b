import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/** What measures instead of testing: `measure`. */
export default defineConfig(tests, {
  testDir: 'measures',
  testMatch: '*.measure.ts',
  timeout: 900_000,
  reporter: [['./lib/report.ts'], ['./lib/figures.ts']],
});
