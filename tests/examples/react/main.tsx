import { StrictMode, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import "balint-survey";
import type { BalintSurveyElement } from "balint-survey";
import type {} from "balint-survey/react";

import { lunch } from "./lunch.js";

function Survey() {
  const survey = useRef<BalintSurveyElement>(null);
  const [told, setTold] = useState("");
  return (
    <>
      <balint-survey
        ref={survey}
        definition={lunch}
        noPreview
        onsurvey-progress={({ detail }) => setTold(`Part ${detail.part} of ${detail.parts}`)}
        onsurvey-complete={() => setTold("Complete")}
        onsurvey-error={({ detail }) => setTold(detail.message)}
      />
      <button onClick={() => survey.current?.reset()}>Begin again</button>
      <p className="told" role="status">
        {told}
      </p>
    </>
  );
}

function Portal() {
  const [isShown, setShown] = useState(true);
  return (
    <>
      <h1>A portal built with React</h1>
      <button onClick={() => setShown(!isShown)}>{isShown ? "Hide the survey" : "Show the survey"}</button>
      {isShown && <Survey />}
    </>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Portal />
  </StrictMode>,
);
