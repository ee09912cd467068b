import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

/** Leaves in the built folder what it was built from; a Rust test compares it with the sources. */
export function sourcesHash(): Plugin {
  return {
    name: 'sources-hash',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'sources.sha256', source: `${hash(process.cwd())}\n` });
    },
  };
}

/** SHA-256 over all files but installed packages, sorted: path, NUL, length, NUL, content. */
function hash(root: string): string {
  const all = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('node_modules/'))
    .sort();
  const sum = createHash('sha256');
  for (const path of all) {
    const content = readFileSync(join(root, path));
    sum.update(`${path}\0${content.length}\0`).update(content);
  }
  return sum.digest('hex');
}
