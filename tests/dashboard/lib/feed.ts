import { cycle, shopText, stack } from './cycles.ts';
import { Link } from './link.ts';

/** What nothing went wrong in. */
const WELL = { outcome: { kind: 'completed' }, status: 200 };

/** An app that sends cycles as fast as it is told to. */
export class Feed {
  /** How many it has sent. */
  sent = 0;

  private constructor(
    readonly link: Link,
    readonly run: string,
  ) {}

  static async open(socket: string, run = '5e1f00000001'): Promise<Feed> {
    const link = await Link.open(socket, 'shop', run);
    await link.send({ type: 'stack', stack: stack(shopText) });
    return new Feed(link, run);
  }

  /** So many more at once. */
  async send(count: number): Promise<void> {
    for (const end = this.sent + count; this.sent < end; this.sent++) await this.link.cycle(this.#ordinary(this.sent));
  }

  /** So many a second, for so long. */
  async live(rate: number, ms: number): Promise<void> {
    const [began, before] = [performance.now(), this.sent];
    for (let past = 0; past < ms; past = performance.now() - began) {
      await this.send(Math.round((Math.min(past, ms) * rate) / 1_000) - (this.sent - before));
      await new Promise((done) => setTimeout(done, 5));
    }
    await this.send(Math.round((ms * rate) / 1_000) - (this.sent - before));
  }

  /** Routes, methods and times differ; every fiftieth panics. */
  #ordinary(number: number): object {
    const kind = number % 3;
    const book = number % 1_000;
    return cycle({
      run: this.run,
      app: 'shop',
      number,
      text: shopText,
      startedUs: Date.now() * 1_000,
      target: [`/books/${book}?page=${number % 7}`, '/cart/items', `/api/search?q=onion+${book}`][kind]!,
      method: kind === 1 ? 'POST' : 'GET',
      route: ['/books/{id}', '/cart/items', '/api/search'][kind]!,
      durationUs: 400 + ((number * 7_919) % 9_000),
      ...(number % 50 > 0 && WELL),
    });
  }
}
