import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { output } from './process.ts';

/** A figure that was measured, and what it should be. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** At most this; none: told for orientation. */
  limit?: number;
}

const KIND = 'figure';

/** Keeps a figure for the table. */
export function figure(info: { annotations: { type: string; description?: string }[] }, figure: Figure): void {
  info.annotations.push({ type: KIND, description: JSON.stringify(figure) });
}

/** The value that so many percent of the values do not exceed, by nearest rank. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** Prints the figures as a table, and writes them as JSON with the state of the machine. */
export default class Figures implements Reporter {
  #all: (Figure & { test: string })[] = [];
  #load = loadavg();

  onTestEnd(test: TestCase, result: TestResult): void {
    const found = result.annotations.filter(({ type }) => type === KIND);
    this.#all.push(...found.map(({ description }) => ({ test: test.title, ...(JSON.parse(description!) as Figure) })));
  }

  onEnd(_: FullResult): void {
    const lines = this.#all.map(({ test, what, value, unit, limit }) => [test, what, `${written(value)} ${unit}`, limit === undefined ? '' : `${Math.round(value * 10) / 10 <= limit ? 'within' : 'OVER'} ${limit} ${unit}`]);
    console.log('\n| scene | what | measured | limit |\n|---|---|---|---|');
    for (const line of lines) console.log(`| ${line.join(' | ')} |`);
    const file = output('dashboard/measure.json');
    mkdirSync(output('dashboard'), { recursive: true });
    const machine = { cores: cpus().length, cpu: cpus()[0]?.model, load_before: this.#load, load_after: loadavg() };
    writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, figures: this.#all }, null, 2)}\n`);
    console.log(`\nload before ${this.#load[0]!.toFixed(2)}, after ${loadavg()[0]!.toFixed(2)}, ${machine.cores} cores; all of it in ${file}`);
  }
}

const written = (value: number) => (Math.abs(value) < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
