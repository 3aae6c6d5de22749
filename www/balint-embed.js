// The page embed.html: one survey, set up by the page's query, in a frame of another portal.
//
// The page around it learns the height that the frame needs, and when something went wrong; it is told nothing else,
// and nobody but the one origin in `parent` is told anything.
import "./balint-survey.js";

const survey = document.createElement("balint-survey");
const known = survey.constructor.observedAttributes;

// Of a page whose address anybody can write, the survey must ask nobody but its own site.
const addresses = ["src", "task", "tokens", "results"];

// From the first question on, the frame has this height, and scrolls: another one for each screen would tell the page
// around it which questions somebody is asked, and so what they have answered; and another one at the end, who finished.
const answeringHeight = 1200;

/** Returns the origin that may know the frame's height, if the query names one. */
function readParent(query) {
  const text = query.get("parent");
  if (text === null) return undefined;
  // A URL's origin is written in one way only.
  if (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text) return text;
  throw new Error(`parent: found “${text}”; expected the origin of the page around this one, such as https://portal.example`);
}

function setUp(query) {
  for (const [name, value] of query) {
    if (query.getAll(name).length > 1) throw new Error(`${name}: found several; expected one`);
    if (name !== "parent") survey.setAttribute(checkName(name), checkValue(name, value));
  }
}

function checkName(name) {
  if (name === "code") throw new Error("code: found in the query, which servers log; expected it after #, as in an invitation’s link");
  if (name === "endpoint" || !known.includes(name)) {
    const expected = known.filter((name) => name !== "code" && name !== "endpoint");
    throw new Error(`${name}: unknown in a frame; expected parent, or an attribute of the survey: ${expected.join(", ")}`);
  }
  return name;
}

function checkValue(name, value) {
  if (name === "mode" && value === "group") {
    // Nobody can see whose page it is that asks for a passphrase in a frame.
    throw new Error("mode: found group; expected personal or remote, as a group’s passphrase does not belong into a frame");
  }
  if (addresses.includes(name) && new URL(value, location).origin !== location.origin) {
    throw new Error(`${name}: found ${value}; expected an address of ${location.origin}`);
  }
  return value;
}

/** Tells the page around this one something, if it is the one that was named. */
function tell(origin, message) {
  if (window.parent !== window) window.parent.postMessage({ type: "balint-survey", ...message }, origin);
}

/** Keeps the frame's height in step with what is in `main`. */
function report(origin, main) {
  let told;
  let hasBegun = false;
  const tellHeight = (isAsked) => {
    const screen = survey.shadowRoot?.querySelector(".screen");
    hasBegun ||= Boolean(screen) && !("alike" in screen.dataset);
    const height = hasBegun ? answeringHeight : Math.ceil(main.getBoundingClientRect().height);
    // Not even that something has changed is told where the height is the same.
    if (isAsked || height !== told) tell(origin, { height });
    told = height;
  };
  new ResizeObserver(() => tellHeight(false)).observe(main);
  survey.addEventListener("survey-error", () => tell(origin, { event: "survey-error" }));
  // A page whose script came later asks.
  addEventListener("message", (event) => {
    if (event.source === window.parent && event.origin === origin && event.data?.type === "balint-survey") tellHeight(true);
  });
}

const main = document.querySelector("main");

try {
  const query = new URLSearchParams(location.search);
  const origin = readParent(query);
  if (origin) report(origin, main);
  setUp(query);
  survey.append(...main.childNodes);
  main.append(survey);
} catch (error) {
  const text = document.createElement("p");
  text.setAttribute("role", "alert");
  text.textContent = `This survey cannot be shown. ${error.message}`;
  main.prepend(text);
}
