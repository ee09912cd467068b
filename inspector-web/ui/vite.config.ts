import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { sourcesHash } from './build/sources.ts';

export default defineConfig({
  plugins: [svelte(), sourcesHash()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: false,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    // One script and one style sheet under fixed names: the inspector serves them from its binary.
    rolldownOptions: {
      output: {
        codeSplitting: false,
        entryFileNames: 'app.js',
        assetFileNames: 'app[extname]',
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
});
