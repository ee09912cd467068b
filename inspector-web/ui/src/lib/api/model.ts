import type { components } from './types';

type Schemas = components['schemas'];

// The types of the wire, which are made of the inspector's code (`npm run types`), under short names.
export type App = Schemas['App'];
export type Bar = Schemas['Bar'];
export type BodyLine = Schemas['BodyLine'];
export type BodyPlace = Schemas['BodyPlace'];
export type BodyView = Schemas['BodyView'];
export type By = Schemas['By'];
export type Completion = Schemas['Completion'];
export type Content = Schemas['Content'];
export type Counters = Schemas['Counters'];
export type CyclePage = Schemas['CyclePage'];
export type DiffLine = Schemas['DiffLine'];
export type Edit = Schemas['Edit'];
export type FilterError = Schemas['FilterError'];
export type FilterHelp = Schemas['FilterHelp'];
export type Frame = Schemas['Frame'];
export type JsonLine = Schemas['JsonLine'];
export type KeyGroup = Schemas['KeyGroup'];
export type ListedCycle = Schemas['ListedCycle'];
export type MapEndpoint = Schemas['MapEndpoint'];
export type MarkLine = Schemas['MarkLine'];
export type Memory = Schemas['Memory'];
export type MessageLine = Schemas['MessageLine'];
export type MessageView = Schemas['MessageView'];
export type Octets = Schemas['Octets'];
export type Op = Schemas['Op'];
export type Outcome = Schemas['Outcome'];
export type Pair = Schemas['Pair'];
export type PartView = Schemas['PartView'];
export type Problem = Schemas['Problem'];
export type Row = Schemas['Row'];
export type Run = Schemas['Run'];
export type Segment = Schemas['Segment'];
export type Side = Schemas['Side'];
export type Source = Schemas['Source'];
export type StackView = Schemas['StackView'];
export type Stats = Schemas['Stats'];
export type Status = Schemas['Status'];
export type StepLine = Schemas['StepLine'];
export type StepView = Schemas['StepView'];
export type Timeline = Schemas['Timeline'];
export type Tried = Schemas['Tried'];
export type WhyView = Schemas['WhyView'];

// Provisional.
export interface CompareSide { row: number; in_ns: number; out_ns: number; idle_ns: number }
export interface CompareRow {
  name: string; kind: string | null; a: CompareSide | null; b: CompareSide | null; differences: Edit[];
  out_differences: Edit[]; same: boolean;
}
type CycleSummary = Omit<ListedCycle, 'position' | 'outcome_text'>;
export interface Comparison { a: CycleSummary; b: CycleSummary; rows: CompareRow[]; first: number | null }
