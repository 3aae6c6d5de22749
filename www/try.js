// The page for authors: a survey's definition is checked while it is written, and shown beside itself.
// The text is kept in this tab; answers never are.
import init, { built_in, check, codebook_html, codebook_json } from "./pkg/balint_author.js";
import { save } from "./save.js";

const key = "balint-survey-definition";
const pause = 300;

const text = document.querySelector("textarea");
const verdict = document.querySelector(".verdict");
const problems = document.querySelector(".problems");
const card = document.querySelector(".card");
/** The element, made with the first definition that can be shown. */
let survey;
const stale = document.querySelector(".stale");
const file = document.querySelector("input[type=file]");
const undo = document.querySelector(".undo");

/** The definition that the widget shows, and its id. */
let shown;
let id = "survey";
let timer;
/** What the text was before another took its place. */
let before;

const bytes = () => new TextEncoder().encode(text.value);

function keep() {
  // A tab without storage has the text as long as the page is there.
  try {
    sessionStorage.setItem(key, text.value);
  } catch {}
}

function kept() {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function look() {
  clearTimeout(timer);
  keep();
  const { instrument, problems: found } = JSON.parse(check(bytes()));
  const count = found.length === 1 ? "1 problem" : `${found.length === 100 ? "100 problems or more" : `${found.length} problems`}`;
  verdict.textContent = instrument ? `No problems: “${instrument.title}” can be shown.` : `${count}. The survey cannot be shown like this.`;
  verdict.classList.toggle("is-good", Boolean(instrument));
  text.setAttribute("aria-invalid", String(!instrument));
  problems.replaceChildren(...found.map(entry));
  for (const button of document.querySelectorAll("[data-download]:not([data-download=definition])")) button.disabled = !instrument;
  stale.hidden = Boolean(instrument) || shown === undefined;
  if (!instrument || text.value === shown) return;
  id = instrument.id;
  shown = text.value;
  if (!survey) card.append((survey = document.createElement("balint-survey")));
  // Whoever tries the old one is at the start of the new one.
  survey.reset();
  survey.definition = shown;
}

/** Returns an entry of the list, which leads to the line where there is one. */
function entry({ line, message }) {
  const item = document.createElement("li");
  if (line === null) {
    item.textContent = message;
    return item;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jump";
  button.textContent = `Line ${line}`;
  button.addEventListener("click", () => jump(line));
  item.append(button, " ", message.replace(/^line \d+, (column \d+: )/, "$1"));
  return item;
}

/** Selects a line of the text, and brings it into view. */
function jump(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const height = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (line - 4) * height);
  text.scrollLeft = 0;
  text.scrollIntoView({ block: "nearest" });
}

/** Puts another text in the place of what is there, which can be taken back. */
function replace(value, name) {
  before = text.value;
  text.value = value;
  text.scrollTop = 0;
  undo.hidden = before.trim() === "" || before === value;
  undo.firstElementChild.textContent = undo.hidden ? "" : `This is ${name} now.`;
  look();
}

const starts = {
  example: async () => {
    const response = await fetch("example-survey.json");
    if (!response.ok) throw new Error(`example-survey.json cannot be read (${response.status})`);
    return response.text();
  },
  "stress-experience": () => built_in("stress-experience"),
  "post-program": () => built_in("post-program"),
};

async function begin(name, words) {
  try {
    replace(await starts[name](), words);
  } catch (error) {
    verdict.textContent = error.message;
  }
}

for (const button of document.querySelectorAll("[data-start]")) {
  button.addEventListener("click", () => {
    if (button.dataset.start === "file") file.click();
    else begin(button.dataset.start, button.textContent);
  });
}

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen) return;
  const content = new Uint8Array(await chosen.arrayBuffer());
  // What a text field would mend in silence must be said: other bytes than UTF-8, or a mark before them.
  const { problems: found } = JSON.parse(check(content));
  replace(new TextDecoder("utf-8", { ignoreBOM: false }).decode(content), chosen.name);
  if (found.length === 1 && /UTF-8/.test(found[0].message)) {
    verdict.textContent = `${chosen.name}: ${found[0].message}. What is shown here was mended; download it.`;
  }
});

undo.querySelector("button").addEventListener("click", () => {
  text.value = before;
  undo.hidden = true;
  look();
  text.focus();
});

const downloads = {
  definition: () => [`${id}.json`, "application/json", text.value],
  html: () => [`${id}-codebook.html`, "text/html", codebook_html(bytes())],
  json: () => [`${id}-codebook.json`, "application/json", codebook_json(bytes())],
};

for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => {
    look();
    if (button.disabled) return;
    save(...downloads[button.dataset.download]());
  });
}

text.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
});
addEventListener("pagehide", keep);

if (typeof WebAssembly !== "object") {
  const tooOld = "Surveys cannot be written here: this browser is too old for it, or has WebAssembly switched off. Please update it, or use another one.";
  document.querySelector("#verdict").textContent = tooOld;
  throw new Error(tooOld);
}
await init({ module_or_path: new URL("./pkg/balint_author_bg.wasm", import.meta.url) });
await customElements.whenDefined("balint-survey");
const old = kept();
if (old) {
  text.value = old;
  look();
} else {
  await begin("example", "the example");
}
