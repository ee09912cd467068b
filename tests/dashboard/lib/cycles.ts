/** Texts of an app, wherever a cycle has one. `text(place)` is asked for each, so that a test can say what it is. */
export type Text = (place: string) => string;

interface Wanted {
  run: string;
  app: string;
  number: number;
  text: Text;
  startedUs?: number;
  status?: number;
  outcome?: object;
  durationUs?: number;
  target?: string;
}

const header = (name: string, value: string) => ({ name, value });

/** A cycle with something in every field that reaches a page: two layers, a view, statements, logs, an error, a panic, bodies. */
export function cycle({ run, app, number, text, startedUs = 1_764_000_000_000_000 + number * 250_000, status = 500, outcome, durationUs = 4_000, target }: Wanted) {
  const site = (id: number, kind: string, name: string) => ({ id, kind, name: text(`${name} name`), type_name: text(`${name} type`), file: text(`${name} file`), line: 10 + id });
  const sites = [site(1, 'server', 'server'), site(2, 'layer', 'session'), site(3, 'router', 'router'), { ...site(4, 'handler', 'view'), extractors: [text('extractor')] }];
  const json = JSON.stringify({ [text('json key')]: text('json value'), nested: [{ [text('deep key')]: [text('deep value'), null, 7] }] });
  const multipart = `--XX\r\ncontent-disposition: form-data; name="${quoted(text('part name'))}"; filename="${quoted(text('filename'))}"\r\ncontent-type: text/plain\r\n\r\n${text('part')}\r\n--XX--\r\n`;
  const body = (side: string, head: string) => ({ side, len: Buffer.byteLength(head), frames: 1, end: { kind: 'complete' }, hash: null, head, first_ns: 1_000, last_ns: 2_000 });
  const at = (share: number) => Math.round(durationUs * 1_000 * share);
  const step = (seq: number, stage: string, edge: string, where: number | null, entry: number, parent: number | null, share: number, more: object) => ({
    seq, stage, edge, site: where, entry, parent, attempt: 1, t_ns: at(share), idle_ns: 0, cost_ns: 0, ...more,
  });
  return {
    wire: 1, id: `${run}-${number}`, app, run, number, started_unix_us: startedUs, duration_ns: durationUs * 1_000, idle_ns: at(0.2), cost_ns: 9_000,
    method: text('method'), target: target ?? text('target'), route: text('route'), status,
    outcome: outcome ?? { kind: 'panicked', site: 3, message: text('panic'), at: text('panic at'), caught: true },
    connection: { number: 1, reuse: 1, peer: text('peer'), bytes_in: 400, first_byte_before_ns: 9_000, last_byte_before_ns: 4_000 },
    sites,
    steps: [
      step(0, 'parse', 'in', 0, 0, null, 0, { delta: {
        base: null, method: { from: null, to: text('method') }, uri: { from: null, to: target ?? text('target') }, version: { from: null, to: 'HTTP/1.1' },
        headers: [
          { op: 'add', at: 0, header: header(text('header name'), text('header value')) },
          { op: 'add', at: 1, header: header('cookie', `${text('cookie name')}=${text('cookie value')}`) },
          { op: 'add', at: 2, header: header('content-type', 'multipart/form-data; boundary=XX') },
        ],
        body: { from: null, to: { body: 0, announced: null } },
      } }),
      step(1, 'middleware', 'in', 1, 1, 0, 0.1, { delta: {
        base: 0, headers: [{ op: 'change', at: 0, from: header(text('header name'), text('header value')), to: header(text('header name'), text('changed value')) }],
        extensions: [{ op: 'add', type_name: text('extension'), value: text('extension value') }],
      } }),
      step(2, 'resolve', 'in', 2, 2, 1, 0.2, { resolved: { route: text('route'), params: [[text('param name'), text('param')]], tried: [
        { route: text('tried'), why: { kind: 'path', wanted: text('wanted'), got: text('got') } },
        { route: text('tried too'), why: { kind: 'method', allowed: [text('allowed')] } },
      ] } }),
      step(3, 'view', 'in', 3, 3, 2, 0.3, { delta: { base: 1 } }),
      step(4, 'view', 'out', 3, 3, 2, 0.8, { delta: {
        base: null, status: { from: null, to: status }, version: { from: null, to: 'HTTP/1.1' },
        headers: [{ op: 'add', at: 0, header: header('content-type', 'application/json') }, { op: 'add', at: 1, header: header(text('response header'), text('response value')) }],
        body: { from: null, to: { body: 1, announced: null } },
      }, left: { kind: 'returned' } }),
      step(5, 'resolve', 'out', 2, 2, 1, 0.85, { left: { kind: 'returned' } }),
      step(6, 'middleware', 'out', 1, 1, 0, 0.9, { delta: { base: 4, headers: [{ op: 'remove', at: 1, header: header(text('response header'), text('response value')) }], body: { from: { body: 1, announced: null }, to: { body: 2, announced: null } } }, left: { kind: 'returned' } }),
      step(7, 'send', 'out', null, 4, null, 1, { left: { kind: 'sent' }, sent: { body_end_ns: at(0.95), bytes_out: 300, first_byte_ns: at(0.92), last_byte_ns: at(1) } }),
    ],
    marks: [
      { t_ns: at(0.4), after: 3, inside: 3, mark: 'sql', statement: text('statement'), rows: 1, elapsed_ns: at(0.1) },
      { t_ns: at(0.5), after: 3, inside: 3, mark: 'log', level: 'ERROR', target: text('log target'), message: text('log'), fields: { [text('log field')]: text('log value') } },
      { t_ns: at(0.6), after: 3, inside: 3, mark: 'error', chain: [text('error'), text('cause')] },
      { t_ns: at(0.7), after: 3, inside: 3, mark: 'panic', message: text('panic'), at: text('panic at'), backtrace: [{ function: text('function'), at: text('frame at'), folded: 2 }] },
    ],
    bodies: [body('request', multipart), body('response', json), body('response', json.replace('null', 'true'))],
    never_ran: [], omitted: { marks: 0, steps: 0, bodies: 0 },
  };
}

const quoted = (text: string) => text.replace(/[\r\n"]/g, (char) => encodeURIComponent(char));

/** The map of that app. */
export const stack = (text: Text) => {
  const site = (id: number, kind: string, name: string) => ({ id, kind, name: text(`${name} name`), type_name: text(`${name} type`), file: text(`${name} file`), line: 10 + id });
  return {
    sites: [site(1, 'server', 'server'), site(2, 'layer', 'session'), site(3, 'router', 'router'), site(4, 'handler', 'view')],
    routes: [{ path: text('route'), endpoints: [{ methods: [text('method')], chain: [1, 2, 3, 4] }] }],
    fallback: { methods: [], chain: [1, 2, 3] },
  };
};
