import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');

/** Where a binary of the workspace is: the debug build, or for measuring the one of another profile. */
export const binary = (name: string): string => join(TARGET, process.env.DASHBOARD_PROFILE ?? 'debug', name);

/** Where files go that nobody commits. */
export const output = (name: string): string => join(TARGET, name);

/** A directory of its own for a test, gone when the test is. */
export function scratch(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'onionskin-dashboard-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A program that says on standard error when it is ready. */
export class Program {
  #said = '';

  private constructor(readonly child: ChildProcess) {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    child.stdout!.resume();
  }

  /** Starts it, and waits until all of `patterns` were said; answers their first groups. */
  static async start(path: string, args: string[], env: Record<string, string>, patterns: RegExp[], cwd?: string): Promise<[Program, string[]]> {
    const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], cwd });
    const program = new Program(child);
    return new Promise((done, fail) => {
      const late = setTimeout(() => (child.kill('SIGKILL'), fail(new Error(`${path} is not ready: ${program.#said}`))), 60_000);
      const over = (why: string) => (clearTimeout(late), fail(new Error(`${path} ${why}: ${program.#said}`)));
      child.once('error', (error) => over(error.message));
      child.once('exit', (code) => over(`ended with ${code}`));
      child.stderr!.on('data', () => {
        const found = patterns.map((pattern) => pattern.exec(program.#said)?.[1]);
        if (!found.every((one) => one !== undefined)) return;
        clearTimeout(late);
        done([program, found as string[]]);
      });
    });
  }

  /** What it has said on standard error so far. */
  get said(): string {
    return this.#said;
  }

  /** Ends it, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
  }
}
