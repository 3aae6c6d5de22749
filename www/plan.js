// The page for planning: what is filled in goes to Rust (src/element/plan.rs), and comes back as files and texts.
import init, { plan } from "./pkg/balint_plan.js";
import { save } from "./save.js";

const form = document.querySelector(".plan");
const problem = document.querySelector(".problem");
const made = document.querySelector(".made");

const tooOld = "Plans cannot be made: this browser is too old for them, or has WebAssembly switched off. Please update it, or use another one.";

const ready = typeof WebAssembly === "object"
  ? init({ module_or_path: new URL("./pkg/balint_plan_bg.wasm", import.meta.url) })
  : Promise.reject(new Error(tooOld));
ready.catch((error) => (problem.textContent = error.message));

// Only what goes with the way of answering is shown, and taken.
function follow() {
  const way = form.elements.mode.value;
  const isOwn = form.elements.instrument.value === "";
  for (const place of form.querySelectorAll("[data-for]")) {
    const isWanted = place.dataset.for.split(" ").includes(way) && ("own" in place.dataset ? isOwn : true);
    place.hidden = !isWanted;
    for (const field of place.querySelectorAll("input, select")) field.disabled = !isWanted;
  }
}

/** Returns the offset of this device's clock from UTC, at some time. */
function offset(date) {
  const minutes = -date.getTimezoneOffset();
  const two = (number) => String(number).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Returns a moment of this device's clock with its offset; what is no moment stays as it is. */
function moment(text) {
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? text + offset(date) : text;
}

async function request() {
  const fields = Object.fromEntries(new FormData(form));
  const { mode, task, reminders, remind_at, opens, closes, ...rest } = fields;
  const lines = remind_at.split("\n").map((line) => line.trim()).filter(Boolean);
  const request = { ...rest, remind_at: lines };
  if (mode === "remote") {
    if (!task?.name) throw new Error("task: not there; expected the file task.json");
    return { ...request, reminders: count(reminders), task: await task.text() };
  }
  return { ...request, mode, reminders: count(reminders), opens: moment(opens), closes: moment(closes) };
}

function count(text) {
  if (text === "") return null;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`reminders: found ${text}; expected a whole number`);
}

let files = {};

function show({ title, calendar, invitation, reminders, tag }) {
  const letters = [invitation, ...reminders];
  const text = (letter) => `Send: ${letter.at}\nSubject: ${letter.subject}\n\n${letter.body}`;
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "survey";
  files = {
    ".save-calendar": [`${name}.ics`, "text/calendar", calendar],
    ".save-letters": [`${name}.txt`, "text/plain", letters.map(text).join("\n\n")],
  };
  made.querySelector(".tag").textContent = tag;
  made.querySelector(".letters").replaceChildren(...letters.flatMap((letter, place) => shown(letter, place)));
  made.hidden = false;
  document.querySelector("#made-heading").focus();
}

function shown({ at, subject, body }, place) {
  const title = Object.assign(document.createElement("h3"), { id: `letter-${place}`, textContent: subject });
  const when = Object.assign(document.createElement("p"), { className: "hint", textContent: `To be sent on ${at}` });
  const text = Object.assign(document.createElement("pre"), { textContent: body, tabIndex: 0, role: "group" });
  text.setAttribute("aria-labelledby", title.id);
  return [title, when, text];
}

form.addEventListener("change", follow);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  made.hidden = true;
  try {
    await ready;
    show(JSON.parse(plan(JSON.stringify(await request()))));
  } catch (error) {
    problem.textContent = error.message;
    problem.scrollIntoView({ block: "nearest" });
  }
});

for (const selector of [".save-calendar", ".save-letters"]) {
  document.querySelector(selector).addEventListener("click", () => save(...files[selector]));
}

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
document.querySelector(".zone").textContent = timeZone ?? `UTC${offset(new Date())}`;
follow();
