import { join } from 'node:path';
import { binary, Program, scratch } from './process.ts';

export interface Listed {
  id: string;
  target: string;
  status: number | null;
  method: string;
}

/** An inspector that runs, and for the shop the shop itself. */
export class Inspector {
  readonly origin: string;
  readonly token: string;

  private constructor(
    readonly program: Program,
    /** As it was printed, with the token. */
    readonly url: string,
    /** Where apps connect. */
    readonly socket: string,
    /** The demo app's address, where it runs in the same process. */
    readonly shop: string,
    readonly remove: () => void,
  ) {
    this.origin = new URL(url).origin;
    this.token = url.split('#token=')[1]!;
  }

  /** The bookshop with the inspector in it. Nobody visits it but the tests. */
  static async shop(port = 0): Promise<Inspector> {
    const { dir, remove } = scratch();
    const socket = join(dir, 'link.sock');
    const args = ['--headless', '--no-visitors', '--port', '0', '--inspector-port', String(port), '--data', join(dir, 'data')];
    const env = { ONIONSKIN_SOCKET: socket };
    const [program, [shop, url]] = await Program.start(binary('bookshop'), args, env, [/shop (http:\S+?),?\s/, /dashboard at (\S+)\s/]);
    return new Inspector(program, url!, socket, shop!, remove);
  }

  /** The inspector alone. */
  static async alone(port = 0, memoryMib = 256, more: string[] = []): Promise<Inspector> {
    const { dir, remove } = scratch();
    const socket = join(dir, 'link.sock');
    const args = ['--headless', '--port', String(port), '--socket', socket, '--memory', String(memoryMib), ...more];
    const [program, [url]] = await Program.start(binary('onionskin'), args, {}, [/(http:\S+#token=[0-9a-f]+)/], dir);
    return new Inspector(program, url!, socket, '', remove);
  }

  /** A file, opened. */
  static async open(file: string): Promise<Inspector> {
    const args = ['open', file, '--headless', '--port', '0'];
    const [program, [url]] = await Program.start(binary('onionskin'), args, {}, [/(http:\S+#token=[0-9a-f]+)/]);
    return new Inspector(program, url!, '', '', () => {});
  }

  /** Where it receives OTLP, with `--otlp=0`. */
  get otlp(): string {
    return `http://${/OTLP is received on (\S+),/.exec(this.program.said)![1]}`;
  }

  async stop(): Promise<void> {
    await this.program.stop();
    this.remove();
  }

  /** An answer of the API. */
  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.origin + path, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The newest cycle that a filter lets pass, as soon as there is one. */
  async cycle(filter: string): Promise<Listed> {
    const until = Date.now() + 30_000;
    while (Date.now() < until) {
      const { cycles } = await this.get<{ cycles: Listed[] }>(`/api/cycles?limit=1&filter=${encodeURIComponent(filter)}`);
      if (cycles[0]) return cycles[0];
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`no cycle came for ${filter}`);
  }

  /** Asks the shop, and answers the cycle that came of it. The query tells it from others. */
  async visit(path: string, init: RequestInit = {}): Promise<Listed> {
    const mark = `mark=${Math.random().toString(36).slice(2)}`;
    const answer = await fetch(`${this.shop}${path}${path.includes('?') ? '&' : '?'}${mark}`, { redirect: 'manual', ...init });
    await answer.arrayBuffer().catch(() => undefined);
    return this.cycle(`target:*${mark}*`);
  }
}
