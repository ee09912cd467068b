import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** An app in another language: what docs/LINK.md says, in JSON lines. */
export class Link {
  private constructor(
    readonly run: string,
    readonly socket: Socket,
  ) {}

  static async open(path: string, app: string, run = '5e1f00000000', started = 1_764_000_000_000_000): Promise<Link> {
    const socket = connect(path);
    const lines = createInterface(socket);
    const hello = { onionskin: 'link', wire: 1, format: 'json', app, run, pid: 4711, started_unix_us: started, command: app, cwd: '/home/me/shop' };
    socket.write(`${JSON.stringify(hello)}\n`);
    const answer = await new Promise<{ next?: number; error?: string }>((done, fail) => {
      socket.once('error', fail);
      lines.once('line', (line) => done(JSON.parse(line)));
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return new Link(run, socket);
  }

  /** Sends a message; waits while the inspector does not read. */
  async send(message: object): Promise<void> {
    if (this.socket.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise((done) => this.socket.once('drain', done));
  }

  async cycle(cycle: object): Promise<void> {
    await this.send({ type: 'cycle', cycle });
  }

  close(): void {
    this.socket.end();
  }
}
