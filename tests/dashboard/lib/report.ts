import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** A line for each test, and one at the end that `tests/run` shows again. */
export default class Lines implements Reporter {
  #passed = 0;
  #failed = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    const ok = test.ok();
    if (ok) this.#passed++;
    else this.#failed++;
    const name = test.titlePath().filter(Boolean).slice(1).join(' › ');
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${(result.duration / 1_000).toFixed(1)} s)`);
    if (!ok) for (const error of result.errors) console.log(`${error.stack ?? error.message ?? error.value}\n${error.snippet ?? ''}`);
  }

  onError(error: { message?: string; stack?: string }): void {
    this.#failed++;
    console.log(error.stack ?? error.message);
  }

  onStdErr(chunk: string | Buffer): void {
    process.stderr.write(chunk);
  }

  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  onEnd(result: FullResult): void {
    const word = result.status === 'passed' && this.#passed > 0 ? 'ok' : 'FAILED';
    console.log(`test result: ${word}. ${this.#passed} passed; ${this.#failed} failed; the dashboard in Chromium`);
  }
}
