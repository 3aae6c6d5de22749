// The custom element <balint-survey>: `import "balint-survey"` defines it, and gives the page its types.
// Properties, events and what they mean: see the README.

/** An id of a built-in instrument. */
export type BuiltInInstrument = "stress-experience" | "post-program";

/** How a survey is taken part in. */
export type SurveyMode = "personal" | "group" | "remote";

/** What a release may hold. */
export type PolicyName = "standard" | "strict" | "small-group" | "published";

/** The element. Each attribute is a property, too; `null` takes it away. */
export interface BalintSurveyElement extends HTMLElement {
  get instrument(): string | null;
  set instrument(value: BuiltInInstrument | null | undefined);
  get src(): string | null;
  set src(value: string | URL | null | undefined);
  get mode(): string | null;
  set mode(value: SurveyMode | null | undefined);
  get policy(): string | null;
  set policy(value: PolicyName | null | undefined);
  get collection(): string | null;
  set collection(value: string | null | undefined);
  get eligible(): string | null;
  set eligible(value: number | `${number}` | null | undefined);
  get endpoint(): string | null;
  set endpoint(value: string | URL | null | undefined);
  get task(): string | null;
  set task(value: string | URL | null | undefined);
  get taskHash(): string | null;
  set taskHash(value: string | null | undefined);
  get tokens(): string | null;
  set tokens(value: string | URL | null | undefined);
  get code(): string | null;
  set code(value: string | null | undefined);
  get opens(): string | null;
  set opens(value: string | null | undefined);
  get closes(): string | null;
  set closes(value: string | null | undefined);
  get noPreview(): boolean;
  set noPreview(value: boolean | null | undefined);
  get results(): string | null;
  set results(value: string | URL | null | undefined);

  /** An instrument of the page's own, as JSON text or as an object, in the place of `src`. */
  get definition(): Instrument | string | undefined;
  set definition(value: Instrument | string | null | undefined);

  /** Goes back to the start and erases the answers of whoever is in the middle. */
  reset(): void;

  /** Focuses the heading of the screen. */
  focus(options?: FocusOptions): void;
}

/** A respondent is at another part. */
export interface SurveyProgress {
  part: number;
  parts: number;
}

/** A respondent has finished. */
export type SurveyComplete = Record<string, never>;

/** What is about to be sent: `body` is exactly that, a release as JSON, or a sealed report in base64url. */
export interface SurveySubmit {
  collection: string;
  endpoint: string;
  body: string;
}

/** The endpoint, or the first operator, keeps it. */
export interface SurveySubmitted {
  collection: string;
  status: number;
}

/** Something went wrong. */
export interface SurveyError {
  message: string;
}

/** The events of the element. They bubble and cross shadow roots; only `survey-submit` can be prevented. */
export interface SurveyEventMap {
  "survey-progress": CustomEvent<SurveyProgress>;
  "survey-complete": CustomEvent<SurveyComplete>;
  "survey-submit": CustomEvent<SurveySubmit>;
  "survey-submitted": CustomEvent<SurveySubmitted>;
  "survey-error": CustomEvent<SurveyError>;
}

/** A survey: what is asked, and what is computed of the answers. */
export interface Instrument {
  id: string;
  version: number;
  /** A language tag, such as `en`. */
  language: string;
  title: string;
  about: string;
  /** Who is asked. */
  population: string;
  /** Where the questions are from. */
  origin: string;
  /** How long it takes. */
  minutes: number;
  scales?: Scale[];
  sections: Section[];
  derived?: DerivedVariable[];
  correlations?: PlannedCorrelation[];
  reference?: Reference;
}

/** Where a text is from: given by the study, or inferred. */
export type Source = "given" | "inferred";

/** Categories that several items share. */
export interface Scale {
  id: string;
  categories: Category[];
  poolings?: Pooling[];
}

export interface Section {
  id: string;
  title: string;
  items: Item[];
}

/** A question. */
export interface Item {
  id: string;
  kind: "single" | "likert" | "multi" | "open";
  label: string;
  question: string;
  hint?: string;
  note?: string;
  role?: "substantive" | "demographic";
  ordinal?: boolean;
  source?: Source;
  /** The id of a scale, whose categories come before the item's own. */
  scale?: string;
  categories?: Category[];
  poolings?: Pooling[];
  condition?: Condition;
}

/** An answer that can be chosen. */
export interface Category {
  code: string;
  label: string;
  value?: number;
  means?: "answer" | "declined" | "not-applicable" | "none" | "other";
  source?: Source;
}

/** A way to join categories whose counts are too small. */
export interface Pooling {
  groups: { label: string; categories: string[] }[];
}

/** When an item is asked: by the answer to an item of an earlier section. */
export type Condition = { item: string; is: string[] } | { item: string; is_not: string[] };

/** A variable that is computed for each respondent. */
export type DerivedVariable = { id: string; label: string; source?: Source } & (
  | { recode: { item: string; values: [code: string, value: number][] } }
  | { count: { item: string } }
  | { sum: { items: string[] } }
);

/** A correlation between two variables, or items with values. */
export interface PlannedCorrelation {
  id: string;
  x: string;
  y: string;
}

/** Published figures, shown beside a respondent's answers. */
export interface Reference {
  name: string;
  population: string;
  respondents: number;
  eligible: number;
  items?: { id: string; base: number; counts?: [code: string, count: number][]; missing?: number; mean?: number }[];
  correlations?: { id: string; r: number; p: string }[];
}

/** A count, or what is said in its place, such as `">= 80%"`. */
export type Count = number | string;

/** All that leaves a group's device: the `body` of `survey-submit`, parsed. `null` stands for what is withheld. */
export interface Release {
  release: 1;
  software: string;
  instrument: { id: string; version: number; hash: string };
  policy: { name: PolicyName; hash: string };
  collections: string[];
  eligible: number | null;
  respondents: Count;
  items: {
    id: string;
    base: number | null;
    missing: number | null;
    not_asked: number | null;
    cells: { categories: string[]; count: Count }[] | null;
  }[];
  derived: { id: string; counts: number[] | null; parts: { sum: number; squares: number }[] | null }[];
  correlations: { id: string; result: { n: number; r: string } | { x: number[]; y: number[]; sum_xy: number } | null }[];
}

declare global {
  interface HTMLElementTagNameMap {
    "balint-survey": BalintSurveyElement;
  }

  // Of every element, of the document and of the window, as the events bubble.
  interface GlobalEventHandlersEventMap extends SurveyEventMap {}
}
