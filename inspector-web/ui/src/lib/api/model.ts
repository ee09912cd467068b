import type { components } from './types';

type Schemas = components['schemas'];

// The types of the wire, which are made of the inspector's code (`npm run types`), under short names.
export type App = Schemas['App'];
export type Bar = Schemas['Bar'];
export type BodyLine = Schemas['BodyLine'];
export type BodyPlace = Schemas['BodyPlace'];
export type By = Schemas['By'];
export type Completion = Schemas['Completion'];
export type Counters = Schemas['Counters'];
export type CyclePage = Schemas['CyclePage'];
export type Edit = Schemas['Edit'];
export type FilterError = Schemas['FilterError'];
export type FilterHelp = Schemas['FilterHelp'];
export type Frame = Schemas['Frame'];
export type ListedCycle = Schemas['ListedCycle'];
export type MarkLine = Schemas['MarkLine'];
export type Memory = Schemas['Memory'];
export type MessageLine = Schemas['MessageLine'];
export type MessageView = Schemas['MessageView'];
export type Octets = Schemas['Octets'];
export type Op = Schemas['Op'];
export type Outcome = Schemas['Outcome'];
export type Pair = Schemas['Pair'];
export type Problem = Schemas['Problem'];
export type Row = Schemas['Row'];
export type Run = Schemas['Run'];
export type Segment = Schemas['Segment'];
export type Side = Schemas['Side'];
export type Source = Schemas['Source'];
export type Status = Schemas['Status'];
export type StepLine = Schemas['StepLine'];
export type StepView = Schemas['StepView'];
export type Timeline = Schemas['Timeline'];
export type Tried = Schemas['Tried'];
export type WhyView = Schemas['WhyView'];

// Provisional.
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
export interface CompareSide { row: number; in_ns: number; out_ns: number; idle_ns: number }
export interface CompareRow {
  name: string; kind: string | null; a: CompareSide | null; b: CompareSide | null; differences: Edit[];
  out_differences: Edit[]; same: boolean;
}
type CycleSummary = Omit<ListedCycle, 'position' | 'outcome_text'>;
export interface Comparison { a: CycleSummary; b: CycleSummary; rows: CompareRow[]; first: number | null }
