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
  method?: string;
  route?: string;
  /** The response's body as the view made it, and as the layer around it did. */
  response?: { type: string; bodies: [string, string] };
}

/** What a shop would have there, so that pages look as they do for a user. The same at every call. */
export const shopText: Text = (place) => SHOP[place] ?? place;

const SHOP: Record<string, string> = {
  method: 'GET', target: '/books/7?page=2', route: '/books/{id}',
  'server name': 'serve', 'session name': 'session', 'router name': 'Router', 'view name': 'show_book',
  'server type': 'onionskin::serve', 'session type': 'shop::session::SessionLayer', 'router type': 'axum::Router', 'view type': 'shop::books::show_book',
  'server file': 'src/main.rs', 'session file': 'src/main.rs', 'router file': 'src/main.rs', 'view file': 'src/books.rs',
  extractor: 'Path<u32>', extension: 'shop::session::Session', 'extension value': 'Session { user: 42 }',
  'header name': 'x-request-id', 'header value': '84646e5c', 'changed value': '84646e5c-7', 'cookie name': 'theme', 'cookie value': 'dark',
  'response header': 'x-served-by', 'response value': 'show_book',
  'json key': 'title', 'json value': 'Onions of the world', 'deep key': 'tags', 'deep value': 'cookery',
  'part name': 'cover', filename: 'sea.png', part: 'what a file has in it',
  panic: 'index out of bounds: the len is 3 but the index is 7', 'panic at': 'src/books.rs:42:9', function: 'shop::books::show_book', 'frame at': 'src/books.rs:42:9',
  'param name': 'id', param: '7', tried: '/books', 'tried too': '/books/{id}', wanted: '/books', got: '/books/7', allowed: 'POST', peer: '127.0.0.1:50412',
  statement: 'SELECT title FROM books WHERE id = ?', 'log target': 'shop::books', log: 'no such page', 'log field': 'page', 'log value': '2', error: 'no such page', cause: 'pages end at 1',
};

const header = (name: string, value: string) => ({ name, value });

/** A cycle with something in every field that reaches a page: two layers, a view, statements, logs, an error, a panic, bodies. */
export function cycle({ run, app, number, text, startedUs = 1_764_000_000_000_000 + number * 250_000, status = 500, outcome, durationUs = 4_000, target = text('target'), method = text('method'), route = text('route'), response }: Wanted) {
  const site = (id: number, kind: string, name: string) => ({ id, kind, name: text(`${name} name`), type_name: text(`${name} type`), file: text(`${name} file`), line: 10 + id });
  const sites = [site(1, 'server', 'server'), site(2, 'layer', 'session'), site(3, 'router', 'router'), { ...site(4, 'handler', 'view'), extractors: [text('extractor')] }];
  const json = JSON.stringify({ [text('json key')]: text('json value'), nested: [{ [text('deep key')]: [text('deep value'), null, 7] }] });
  const { type, bodies } = response ?? { type: 'application/json', bodies: [json, json.replace('null', 'true')] };
  const multipart = `--XX\r\ncontent-disposition: form-data; name="${quoted(text('part name'))}"; filename="${quoted(text('filename'))}"\r\ncontent-type: text/plain\r\n\r\n${text('part')}\r\n--XX--\r\n`;
  const body = (side: string, head: string) => ({ side, len: Buffer.byteLength(head), frames: 1, end: { kind: 'complete' }, hash: null, head, first_ns: 1_000, last_ns: 2_000 });
  const at = (share: number) => Math.round(durationUs * 1_000 * share);
  const step = (seq: number, stage: string, edge: string, where: number | null, entry: number, parent: number | null, share: number, more: object) => ({
    seq, stage, edge, site: where, entry, parent, attempt: 1, t_ns: at(share), idle_ns: 0, cost_ns: 0, ...more,
  });
  return {
    wire: 1, id: `${run}-${number}`, app, run, number, started_unix_us: startedUs, duration_ns: durationUs * 1_000, idle_ns: at(0.2), cost_ns: 9_000,
    method, target, route, status,
    outcome: outcome ?? { kind: 'panicked', site: 3, message: text('panic'), at: text('panic at'), caught: true },
    connection: { number: 1, reuse: 1, peer: text('peer'), bytes_in: 400, first_byte_before_ns: 9_000, last_byte_before_ns: 4_000 },
    sites,
    steps: [
      step(0, 'parse', 'in', 0, 0, null, 0, { delta: {
        base: null, method: { from: null, to: method }, uri: { from: null, to: target }, version: { from: null, to: 'HTTP/1.1' },
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
      step(2, 'resolve', 'in', 2, 2, 1, 0.2, { resolved: { route, params: [[text('param name'), text('param')]], tried: [
        { route: text('tried'), why: { kind: 'path', wanted: text('wanted'), got: text('got') } },
        { route: text('tried too'), why: { kind: 'method', allowed: [text('allowed')] } },
      ] } }),
      step(3, 'view', 'in', 3, 3, 2, 0.3, { delta: { base: 1 } }),
      step(4, 'view', 'out', 3, 3, 2, 0.8, { delta: {
        base: null, status: { from: null, to: status }, version: { from: null, to: 'HTTP/1.1' },
        headers: [{ op: 'add', at: 0, header: header('content-type', type) }, { op: 'add', at: 1, header: header(text('response header'), text('response value')) }],
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
    bodies: [body('request', multipart), ...bodies.map((one) => body('response', one))],
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
