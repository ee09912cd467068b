import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const dist = (name: string) => readFileSync(new URL(`../../../inspector-web/dist/${name}`, import.meta.url));

test('the dashboard keeps to its budget: 150 KiB of script, gzip', () => {
  const script = gzipSync(dist('app.js'), { level: 9 }).length / 1_024;
  console.log(`app.js ${script.toFixed(1)} KiB, app.css ${(gzipSync(dist('app.css'), { level: 9 }).length / 1_024).toFixed(1)} KiB, gzip`);
  expect(script).toBeLessThanOrEqual(150);
});
