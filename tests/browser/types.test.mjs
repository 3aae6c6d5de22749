// The TypeScript declarations: what they let a program do, and that they say what the README and the element say.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { instrument, makeRelease, makeReport, newFolder, run, scenario } from "./lib.mjs";

const react = fileURLToPath(new URL("../examples/react", import.meta.url));
const { folder, remove } = newFolder();
after(remove);
const modules = join(folder, "node_modules");
run("build", "--out", join(modules, "balint-survey"));
for (const name of ["@types", "csstype"]) symlinkSync(join(react, "node_modules", name), join(modules, name));

/** Returns the first error of each of some programs, by the program's name; `undefined` where there is none. */
function compile(programs, options = {}) {
  for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, name), program);
  const settings = JSON.parse(readFileSync(join(react, "tsconfig.json"), "utf8"));
  const compilerOptions = { ...settings.compilerOptions, ...options };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(programs) }));
  const tsc = join(react, "node_modules/typescript/bin/tsc");
  const { stdout, error } = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  const errors = Array.from(stdout.matchAll(/^(\S+?)\(\d+,\d+\): error (TS\d+: .*)$/gm), ([, name, message]) => [name, message]);
  // What is wrong with no program is wrong with the declarations.
  for (const [name, message] of errors) assert.ok(name in programs, `${name}: ${message}`);
  if (!errors.length) assert.equal(stdout, "");
  return Object.fromEntries(Object.keys(programs).map((name) => [name, errors.find(([found]) => found === name)?.[1]]));
}

/** Checks that each program compiles. */
function checkRight(programs, options) {
  const none = Object.fromEntries(Object.keys(programs).map((name) => [name, undefined]));
  assert.deepEqual(compile(programs, options), none);
}

const page = `import "balint-survey";
import "balint-survey/report";
import type { Instrument, Release, SurveySubmit } from "balint-survey";

const survey = document.querySelector("balint-survey")!;
`;

const program = `${page}
survey.instrument = "stress-experience";
survey.mode = "group";
survey.eligible = 23;
survey.taskHash = null;
survey.noPreview = true;
survey.endpoint = new URL("/api/releases", location.href);
const read: string | null = survey.eligible;
declare const own: Instrument;
survey.definition = own;
survey.definition = '{"id": "ours"}';
survey.reset();
survey.focus({ preventScroll: true });
survey.addEventListener("survey-submit", (event) => {
  const { collection, endpoint, body }: SurveySubmit = event.detail;
  const release: Release = JSON.parse(body);
  if (release.respondents === 0 || collection + endpoint === "") event.preventDefault();
});
document.addEventListener("survey-progress", ({ detail }) => detail.part / detail.parts);
window.addEventListener("survey-submitted", ({ detail }) => detail.status.toFixed());
document.body.addEventListener("survey-error", ({ detail }) => detail.message.trim());
survey.addEventListener("survey-complete", ({ detail }) => Object.keys(detail));
const report = document.createElement("balint-report");
report.setAttribute("src", "/api/releases");
export { read };
`;

const jsx = (element) => `import "balint-survey";
import type {} from "balint-survey/react";
export const element = ${element};
`;

test("programs that use the elements as they are compile", () => {
  const element = `<>
  <balint-survey className="wide" instrument="post-program" eligible={12} noPreview
    onsurvey-submit={({ detail }) => detail.body.length} onsurvey-progress={({ detail }) => detail.part}>Ask.</balint-survey>
  <balint-report src="/api/releases" />
</>`;
  checkRight({ "page.ts": program, "page.tsx": jsx(element) });
});

test("the declarations compile with every check, for bundlers and for Node", () => {
  const strict = { skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedSideEffectImports: true };
  checkRight({ "page.ts": program }, strict);
  checkRight({ "page.mts": program }, { ...strict, module: "nodenext", moduleResolution: "nodenext" });
});

test("programs with a mistake do not compile", () => {
  const wrong = {
    "a misspelt event": [page + 'survey.addEventListener("survey-submited", ({ detail }) => detail.status);', /TS2339: .*'detail'/],
    "a detail that another event has": [page + 'survey.addEventListener("survey-submit", ({ detail }) => detail.status);', /TS2339: .*'status'/],
    "a detail of another type": [page + 'document.addEventListener("survey-progress", ({ detail }) => detail.part.trim());', /TS2339: .*'trim'/],
    "an answer in an event": [page + 'survey.addEventListener("survey-complete", ({ detail }) => detail.answers.length);', /TS2339|TS18046/],
    "a property that is not there": [page + 'survey.tasks = "task.json";', /TS2551: .*'tasks'/],
    "a mode that is not there": [page + 'survey.mode = "anonymous";', /TS2820|TS2322/],
    "a number for a name": [page + "survey.collection = 5;", /TS2322/],
    "a text for a flag": [page + 'survey.noPreview = "no";', /TS2322/],
    "an instrument with half of what it needs": [page + 'survey.definition = { id: "ours" };', /TS2322: Type '\{ id: string; \}' is not assignable/],
    "a kind of item that is not there": [page + 'const item: Instrument["sections"][0]["items"][0] = { id: "a", kind: "text", label: "A", question: "A?" };', /TS2322/],
    "a method that is not there": [page + "survey.submit();", /TS2551: .*'submit'/],
  };
  const wrongJsx = {
    "a prop that is not there": ['<balint-survey instruments="post-program" />', /TS2322: .*instruments|TS2322/],
    "a listener that is not there": ["<balint-survey onsurvey-sent={() => {}} onsurvey-done={1} instrument={1} />", /TS2322/],
    "a detail that another event has, in JSX": ["<balint-survey onsurvey-error={({ detail }) => detail.body} />", /TS2339: .*'body'/],
  };
  const cases = [
    ...Object.entries(wrong).map(([what, [text, expected]], i) => [`wrong${i}.ts`, what, text, expected]),
    ...Object.entries(wrongJsx).map(([what, [text, expected]], i) => [`wrong${i}.tsx`.replace("wrong", "jsx"), what, jsx(text), expected]),
  ];
  const found = compile(Object.fromEntries(cases.map(([name, , text]) => [name, text])));
  for (const [name, what, , expected] of cases) assert.match(found[name] ?? "it compiles", expected, what);
});

// A value that is written out must have every field, and no other.
test("the types of instruments, releases and reports have the fields of the JSON, and no others", () => {
  const programs = {};
  const add = (name, type, from, value) => {
    programs[`${name}.ts`] = `import type { ${type} } from "${from}";\nexport const value: ${type} = ${JSON.stringify(value)};\n`;
  };
  for (const id of ["stress-experience", "post-program"]) add(id, "Instrument", "balint-survey", instrument(id));
  for (const [responses, policies] of [["stress_46.csv", ["published", "standard", "strict", "small-group"]], ["post_6.csv", ["published", "small-group"]]]) {
    for (const policy of policies) {
      const release = makeRelease(responses, policy, `c-${policy}`, "--eligible", "290");
      const name = `${responses.split("_")[0]}-${policy}`;
      add(`release-${name}`, "Release", "balint-survey", JSON.parse(release));
      const path = join(folder, `${name}.json`);
      writeFileSync(path, release);
      const flags = policy === "small-group" ? [] : ["--compare", "study"];
      add(`report-${name}`, "Report", "balint-survey/report", JSON.parse(makeReport("json", path, ...flags)));
    }
  }
  checkRight(programs);
  const missing = JSON.parse(makeRelease("post_6.csv", "published", "c"));
  delete missing.software;
  programs["missing.ts"] = "";
  add("missing", "Release", "balint-survey", missing);
  assert.match(compile(programs)["missing.ts"], /TS2741: .*'software'/);
});

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const camel = (name) => name.replace(/-./g, (pair) => pair[1].toUpperCase());

/** Returns the names in the first column of the README's table under a heading. */
function listed(heading) {
  const [, section] = readme.split(`### ${heading}\n`);
  const rows = section.split(/^#/m)[0].matchAll(/^\| (`.*?`) \|/gm);
  return Array.from(rows, ([, cell]) => cell.split(", ").map((name) => name.replaceAll("`", ""))).flat();
}

scenario("the declarations, the README and the element have the same properties, methods and events", async (portal) => {
  const text = readFileSync(new URL("../../www/balint-survey.d.ts", import.meta.url), "utf8");
  const [element] = text.match(/^export interface BalintSurveyElement .*?^}/ms);
  const names = (pattern, source = element) => Array.from(source.matchAll(pattern), ([, name]) => name).sort();
  const setters = names(/^ {2}set (\w+)\(/gm);
  assert.deepEqual(names(/^ {2}get (\w+)\(/gm), setters);
  const methods = names(/^ {2}(\w+)\(/gm);

  // Every element of a page has a lang.
  const attributes = listed("Attributes").map(camel).filter((name) => name !== "lang");
  const members = listed("Properties and methods");
  assert.deepEqual(setters, [...attributes, ...members.filter((name) => !name.endsWith("()"))].sort());
  assert.deepEqual(methods, members.filter((name) => name.endsWith("()")).map((name) => name.slice(0, -2)).sort());

  await portal.open();
  const [properties, functions] = await portal.page.evaluate(() => {
    const { prototype } = customElements.get("balint-survey");
    const all = Object.entries(Object.getOwnPropertyDescriptors(prototype));
    const pick = (is) => all.filter(([, descriptor]) => is(descriptor)).map(([name]) => name).sort();
    return [pick(({ set }) => set), pick(({ value }) => typeof value === "function")];
  });
  assert.deepEqual(properties, setters);
  const lifecycle = ["attributeChangedCallback", "connectedCallback", "constructor", "disconnectedCallback", "handleEvent"];
  assert.deepEqual(functions.filter((name) => !lifecycle.includes(name)), methods);

  const [events] = text.match(/^export interface SurveyEventMap .*?^}/ms);
  const rows = Array.from(readme.matchAll(/^\| `(survey-[a-z]+)` \|.*\| `\{ ?(.*?) ?\}`.*\|$/gm), ([, name, detail]) => [name, detail]);
  assert.deepEqual(names(/^ {2}"(.*?)": /gm, events), rows.map(([name]) => name).sort());
  for (const [name, detail] of rows) {
    const type = new RegExp(`"${name}": CustomEvent<(\\w+)>`).exec(events)[1];
    const fields = text.match(new RegExp(`^export interface ${type} \\{.*?^\\}`, "ms"))?.[0] ?? "";
    assert.deepEqual(names(/^ {2}(\w+): /gm, fields), detail.split(", ").filter(Boolean).sort(), name);
  }
  const props = readFileSync(new URL("../../www/balint-react.d.ts", import.meta.url), "utf8").match(/interface BalintSurveyProps .*?^}/ms)[0];
  assert.deepEqual(names(/^ {2}(\w+)\?: /gm, props), setters);
});
