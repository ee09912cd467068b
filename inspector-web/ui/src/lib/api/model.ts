// Provisional: what the contract says; becomes aliases of the generated types.
export type Octets = string | { base64: string };
export interface Counters {
  seen: number; open: number; stored: number; evicted: number; dropped: Record<string, number>; filtered: number;
}
export interface Memory { bytes: number; cap: number }
export interface Status {
  version: string; wire: number; counters: Counters; memory: Memory; connected: number; socket: string | null;
  refused_links: number; pid: number; started_unix_us: number; uptime_ms: number; live_clients: number; live_clients_max: number;
}
export interface Run {
  run: string; ordinal: number; pid: number; command: string; cwd: string | null; started_unix_us: number;
  connected: boolean; counters: Counters; has_stack: boolean;
}
export interface App { name: string; runs: Run[] }
export interface Bar { in_ns: number; view_ns: number; out_ns: number; send_ns: number }
export interface Outcome { kind: string }
export interface CycleSummary {
  id: string; app: string; run: string; number: number; started_unix_us: number; duration_ns: number; method: string;
  target: string; route: string | null; status: number | null; outcome: Outcome; outcome_site: string | null; bar: Bar;
  sql: number; logs: number; 
}
export interface ListedCycle extends CycleSummary { position: number; outcome_text: string }
export interface CyclePage {
  cycles: ListedCycle[]; next: number | null; matched: number; until: number; counters: Counters; memory: Memory;
}
export interface Problem { type: string; title: string; status: number; detail: string; at?: number; len?: number }
export interface Completion { text: string; from: number; to: number; what: 'field' | 'operator' | 'value' | 'word'; detail: string }
export interface FilterHelp {
  ok: boolean; error: { at: number; len: number; message: string } | null; completions: Completion[];
}
export type Side = 'request' | 'response';
export interface Source { file: string; line: number }
export type Left = { kind: 'returned' | 'dropped' | 'unwound' | 'sent' | 'cut' } | { kind: 'error'; error: string };
export interface Row {
  entry: number | null; out: number | null; name: string; stage: string; kind: string | null; depth: number;
  attempt: number; from_ns: number; to_ns: number; in_ns: number; inner_ns: number; out_ns: number; idle_ns: number;
  busy_ns: number; state: 'left' | 'open' | 'never_ran'; left: Left | null; source: Source | null;
  type_name: string | null; extractors: string[]; changes: number;
}
export interface Segment { row: number | null; from_ns: number; to_ns: number; part: 'in' | 'own' | 'out'; idle_ns: number }
export type Op = 'add' | 'remove' | 'change' | 'move';
export interface Edit {
  what: string; op: Op; name: string | null; from: Octets | null; to: Octets | null; redacted: boolean;
}
export interface StepLine {
  seq: number; t_ns: number; idle_ns: number; cost_ns: number; stage: string; edge: 'in' | 'out'; row: number | null;
  attempt: number; left: Left | null; edits: Edit[]; sent: unknown; resolved: unknown;
}
export interface Frame { function: string; at: string; folded: number }
export type MarkLine = { t_ns: number; duration_ns: number | null; row: number | null; after: number } & (
  | { mark: 'body_frame'; body: number; len: number }
  | { mark: 'log'; level: string; target: string; message: string; fields: Record<string, string> }
  | { mark: 'sql'; statement: string; rows: number | null; elapsed_ns: number | null }
  | { mark: 'error'; chain: string[] }
  | { mark: 'panic'; message: string; at: string; backtrace: Frame[] }
  | { mark: 'rebuilt' }
);
export interface Tried {
  route: string;
  why: { kind: 'path'; wanted: string | null; got: string | null } | { kind: 'method'; allowed: string[] } | { kind: 'matched' };
}
export interface WhyView {
  routes: Tried[]; extractor: { rejection: string; row: number | null; argument: number | null; message: string | null } | null; chain: string[];
  panic: { message: string | null; at: string | null; backtrace: Frame[] } | null; answered_by: number | null;
  never_ran: number[];
}
export interface BodyLine {
  index: number; side: Side; len: number; frames: number; end: { kind: string; error?: string }; hash: string | null;
  kept: number; content_type: string | null;
}
export interface Timeline extends CycleSummary {
  idle_ns: number; cost_ns: number; omitted: { marks: number; steps: number };
  connection: { number: number; reuse: number; peer: string | null; bytes_in: number } | null;
  outcome_text: string; rows: Row[]; steps: StepLine[]; marks: MarkLine[]; segments: Segment[];
  why: WhyView | null; bodies: BodyLine[];
}
export interface By { step: number; row: number | null; name: string; value: Octets | null }
export interface MessageLine {
  what: string; op: Op | null; name: string | null; value: Octets | null; before: Octets | null; redacted: boolean;
  history: By[];
}
export interface Pair { name: string; value: Octets; redacted: boolean }
export interface BodyAt {
  index: number | null; announced: number | null; op: Op | null; before: number | null; history: By[];
}
export interface MessageView { lines: MessageLine[]; query: Pair[]; cookies: Pair[]; body: BodyAt | null }
export interface StepView { step: number; request: MessageView; response: MessageView | null }

export interface KeyLine { command: string; what: string; terminal: string[]; web: string[] }
export interface KeyGroup { title: string; commands: KeyLine[] }
export interface Site { id: number; kind: string; name: string; type_name: string; file: string; line: number; extractors?: string[] }
export interface Stats { count: number; errors: number; p50_ns: number | null; p95_ns: number | null; p99_ns: number | null }
export interface PlaceStats {
  count: number; errors: number; answered: number; changed: number; self_p50_ns: number | null;
  self_p95_ns: number | null; self_p99_ns: number | null; self_total_ns: number;
}
export interface MapEndpoint { methods: string[]; chain: number[]; stats: Stats }
export interface MapRoute { path: string; endpoints: MapEndpoint[]; stats: Stats }
export interface MapPlace { site: Site; stats: PlaceStats }
export interface StackView {
  app: string; run: string; cycles: number; routes: MapRoute[]; places: MapPlace[];
  fallback: { chain: number[]; stats: Stats };
}
export interface JsonLine {
  depth: number; key: string | null; value: 'object' | 'array' | 'string' | 'number' | 'bool' | 'null' | 'end'; text: string;
  count: number | null; op: Op | null; before: string | null; path: string;
}
export interface DiffLine { op: 'add' | 'remove' | null; text: string }
export interface MultiPart {
  headers: Pair[]; name: string | null; filename: string | null; content_type: string | null; len: number; content: Content;
}
export type Content =
  | { kind: 'empty' }
  | { kind: 'not_kept' }
  | { kind: 'json'; lines: JsonLine[] }
  | { kind: 'text'; lines: DiffLine[] }
  | { kind: 'form'; pairs: Pair[] }
  | { kind: 'multipart'; parts: MultiPart[] }
  | { kind: 'image'; media_type: string; width: number | null; height: number | null; base64: string }
  | { kind: 'html'; lines: DiffLine[]; document: string }
  | { kind: 'xml'; lines: DiffLine[] }
  | { kind: 'events'; events: { event: string | null; id: string | null; data: string }[] }
  | { kind: 'hex'; rows: { offset: number; hex: string; text: string }[] };
export interface BodyView {
  index: number; side: Side; content_type: string | null; codings: string[]; len: number; kept: number; complete: boolean;
  hash: string | null; redacted: boolean; end: { kind: string; error?: string };
  decoded: { len: number; truncated: boolean; error: string | null } | null; kind: string; kinds: string[];
  against: number | null; content: Content;
}
