// JSX for React 19: `import type {} from "balint-survey/react"` lets a component hold the elements.
//
// React sets what the element has as a property, and listens to an event with `on` and its name:
// <balint-survey instrument="stress-experience" noPreview onsurvey-submit={(event) => …} />

import type { DetailedHTMLProps, HTMLAttributes } from "react";

import type { BalintReportElement } from "./balint-report.js";
import type { BalintSurveyElement, BuiltInInstrument, Instrument, PolicyName, SurveyEventMap, SurveyMode } from "./balint-survey.js";

// React knows another `results`, a number that Safari's search fields have.
type Element<E> = Omit<DetailedHTMLProps<HTMLAttributes<E>, E>, "results">;

type SurveyListeners = {
  [Name in keyof SurveyEventMap as `on${Name}`]?: (event: SurveyEventMap[Name]) => void;
};

/** What JSX takes for <balint-survey>. */
export interface BalintSurveyProps extends Element<BalintSurveyElement>, SurveyListeners {
  instrument?: BuiltInInstrument | null;
  src?: string | null;
  mode?: SurveyMode | null;
  policy?: PolicyName | null;
  collection?: string | null;
  eligible?: number | `${number}` | null;
  endpoint?: string | null;
  task?: string | null;
  taskHash?: string | null;
  tokens?: string | null;
  code?: string | null;
  opens?: string | null;
  closes?: string | null;
  noPreview?: boolean | null;
  results?: string | null;
  definition?: Instrument | string | null;
}

/** What JSX takes for <balint-report>. */
export interface BalintReportProps extends Element<BalintReportElement> {
  src?: string;
  instrument?: string;
  release?: string;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "balint-survey": BalintSurveyProps;
      "balint-report": BalintReportProps;
    }
  }
}
