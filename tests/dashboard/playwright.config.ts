import { defineConfig } from '@playwright/test';

// One worker, so one browser: the machine that runs this may have two cores, with other things to do. Every wait is for a
// condition and may take long.
export default defineConfig({
  testDir: 'specs',
  outputDir: '../../target/dashboard-tests',
  workers: 1,
  forbidOnly: true,
  timeout: 90_000,
  expect: {
    timeout: 20_000,
    toHaveScreenshot: { maxDiffPixelRatio: 0.02, threshold: 0.25, animations: 'disabled', caret: 'hide' },
  },
  snapshotPathTemplate: 'screens/{arg}{ext}',
  reporter: [['./lib/report.ts']],
  use: {
    viewport: { width: 1280, height: 800 },
    actionTimeout: 20_000,
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
      ],
    },
  },
});
