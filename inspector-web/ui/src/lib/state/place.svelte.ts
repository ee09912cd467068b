/** The three screens. */
export type Screen = 'cycles' | 'stack' | 'compare';

const SCREENS: Screen[] = ['cycles', 'stack', 'compare'];

/** Where in the dashboard we are. All of it is in the URL's fragment, so that every view has a link. */
class Place {
  screen = $state<Screen>('cycles');
  filter = $state('');
  /** The filter is there, and off. */
  off = $state(false);
  /** Health checks and what browsers ask for by themselves are left out. */
  quiet = $state(false);
  cycle = $state<string | null>(null);
  step = $state(0);
  /** The app run whose stack is shown. */
  run = $state<string | null>(null);
  /** The cycle that is compared with. */
  against = $state<string | null>(null);

  constructor() {
    this.#read();
    addEventListener('hashchange', () => this.#read());
    addEventListener('popstate', () => this.#read());
  }

  /** The filter that counts. */
  get active(): string {
    const filter = this.off ? '' : this.filter;
    if (!this.quiet) return filter;
    return filter ? `(${filter}) !health` : '!health';
  }

  /** Changes the place. What one would want to come back from becomes an entry of the browser's history. */
  go(change: Partial<Pick<Place, 'screen' | 'filter' | 'off' | 'quiet' | 'cycle' | 'step' | 'run' | 'against'>>): void {
    const next = { ...change };
    if (next.cycle !== undefined && next.cycle !== this.cycle) next.step ??= 0;
    const leaves = next.screen !== undefined && next.screen !== this.screen;
    const opens = next.cycle !== undefined && (next.cycle === null) !== (this.cycle === null);
    Object.assign(this, next);
    const url = `#${this.#written()}`;
    if (leaves || opens) history.pushState(null, '', url);
    else history.replaceState(null, '', url);
  }

  #written(): URLSearchParams {
    const out = new URLSearchParams();
    if (this.screen !== 'cycles') out.set('screen', this.screen);
    if (this.filter) out.set('filter', this.filter);
    if (this.off) out.set('off', '1');
    if (this.quiet) out.set('quiet', '1');
    if (this.cycle) out.set('cycle', this.cycle);
    if (this.cycle && this.step > 0) out.set('step', String(this.step));
    if (this.run) out.set('run', this.run);
    if (this.against) out.set('against', this.against);
    return out;
  }

  #read(): void {
    const from = new URLSearchParams(location.hash.slice(1));
    this.screen = SCREENS.find((screen) => screen === from.get('screen')) ?? 'cycles';
    this.filter = from.get('filter') ?? '';
    this.off = from.has('off');
    this.quiet = from.has('quiet');
    this.cycle = from.get('cycle');
    this.step = Math.max(0, Math.trunc(Number(from.get('step') ?? 0)) || 0);
    this.run = from.get('run');
    this.against = from.get('against');
  }
}

export const place = new Place();
