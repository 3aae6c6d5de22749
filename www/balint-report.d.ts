// The custom element <balint-report>: `import "balint-survey/report"` defines it, and gives the page its types.
// It is set up with the attributes `src`, `instrument`, `release` and `definition`: see the README.

import type { Count, PolicyName } from "./balint-survey.js";

/** The element. It has attributes only. */
export interface BalintReportElement extends HTMLElement {}

/** Why a figure is not there. */
export type Withheld = "withheld, so that nobody can be recognised";

/** A rate with its interval, as fractions. */
export interface Rate {
  value: number;
  low: number;
  high: number;
}

/** Every figure that a release supports, as `balint-survey report --format json` prints it. `null`: there is none. */
export interface Report {
  instrument: string;
  instrument_version: number;
  instrument_hash: string;
  policy: PolicyName;
  policy_hash: string;
  collections: string[];
  respondents: Count;
  eligible: number | null;
  response_rate: Rate | null;
  complete: { at_least: number; at_most: number } | null;
  complete_rate: { at_least: number; at_most: number } | null;
  items: ReportItem[];
  derived: ReportVariable[];
  correlations: ReportCorrelation[];
  themes: ReportItem[];
  withheld: { id: string; reason: Withheld }[];
  fieldwork: Fieldwork;
  attendance: { sessions: number; median: number; least: number; most: number } | null;
  comparison: Comparison | null;
  method: string;
  cherries: { category: string; item: string; text: string | null }[];
  software: string;
}

export interface ReportItem {
  id: string;
  label: string;
  /** The denominator of the percents. */
  base: number | null;
  missing: number | null;
  not_asked: number | null;
  categories: ReportCategory[] | null;
  withheld: Withheld | null;
  mean: number | null;
  sd: number | null;
  median: number | null;
}

/** Percents run from 0 to 100. */
export interface ReportCategory {
  code: string;
  label: string;
  count: Count;
  percent: number | null;
  low: number | null;
  high: number | null;
}

export interface ReportVariable {
  id: string;
  label: string;
  base: number | null;
  mean: number | null;
  sd: number | null;
  median: number | null;
  items: number | null;
  alpha: number | null;
  withheld: Withheld | null;
}

export interface ReportCorrelation {
  id: string;
  x: string;
  y: string;
  n: number | null;
  r: number | null;
  decimals: number | null;
  t: number | null;
  df: number | null;
  p: number | null;
  p_holm: number | null;
  low: number | null;
  high: number | null;
  p_permutation: number | null;
  reason: string | null;
  withheld: Withheld | null;
}

/** What only the investigators know. */
export interface Fieldwork {
  note: string | null;
  opened: string | null;
  closed: string | null;
  reminders: number | null;
  attendance: number[];
  ethics: string | null;
  consent: string | null;
  pilot: string | null;
  design: string | null;
  contact: string | null;
  announcement: string | null;
  context: string | null;
  incentives: string | null;
}

/** The same figures of others, with tests. */
export interface Comparison {
  with: {
    name: string;
    respondents: number | null;
    items: {
      id: string;
      base: number | null;
      counts: { code: string; count: number; percent: number | null }[];
      mean: number | null;
    }[];
  };
  tests: {
    id: string;
    category: string | null;
    label: string;
    kind: "chi-squared" | "fisher-exact" | "welch";
    statistic: number | null;
    df: number | null;
    p: number;
    p_holm: number;
    v: number | null;
    difference: number | null;
    low: number | null;
    high: number | null;
  }[];
}

declare global {
  interface HTMLElementTagNameMap {
    "balint-report": BalintReportElement;
  }
}
