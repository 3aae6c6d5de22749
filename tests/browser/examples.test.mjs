// The portals under tests/examples: built from the folder that `balint-survey build --out` makes, and used.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { answerClassSurvey, at, choose, press, run, visit } from "./lib.mjs";
import { serveFiles } from "./static.mjs";

const examples = fileURLToPath(new URL("../examples", import.meta.url));
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

/** Returns the folder of an example, with the bundle in it. */
function prepare(name) {
  const folder = join(examples, name);
  run("build", "--out", join(folder, "balint-survey"));
  return folder;
}

function vite(folder, ...flags) {
  return [process.execPath, [join(folder, "node_modules/vite/bin/vite.js"), ...flags], { cwd: folder }];
}

/** Builds an example, serves what it has become with a strict policy, and opens it. */
async function withBuilt(name, { page, origins }, body) {
  const folder = prepare(name);
  const [program, flags, options] = vite(folder, "build", "--base", "./", "--logLevel", "warn");
  execFileSync(program, flags, { ...options, stdio: ["ignore", "ignore", "inherit"] });
  const server = await serveFiles({ mounts: { "/portal/": join(folder, "dist") }, csp });
  origins.push(server.origin);
  try {
    await page.goto(`${server.origin}/portal/`);
    await body(page, join(folder, "dist"));
  } finally {
    await server.stop();
  }
}

/** Opens an example on Vite's development server. */
async function withDevelopment(name, { page, log, origins }, body) {
  const [program, flags, options] = vite(prepare(name), "--host", "127.0.0.1", "--port", "0");
  const child = spawn(program, flags, { ...options, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const address = await new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`vite ended with ${code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
        if (found) resolve(found[0]);
      });
    });
    origins.push(address);
    await page.goto(address);
    await body(page);
    // Through which Vite tells the page of changed sources.
    log.errors = log.errors.filter((line) => !line.startsWith(`a web socket to ${address.replace("http", "ws")}/`));
  } finally {
    child.kill();
    await ended;
  }
}

const development = { mayLog: [/\[vite\]/, /React DevTools/] };

/** Answers the class survey to its end. */
async function answerAll(page) {
  const survey = page.locator("balint-survey");
  await survey.locator(".heading").waitFor();
  assert.ok((await survey.evaluate(({ shadowRoot }) => shadowRoot.adoptedStyleSheets[0].cssRules.length)) > 20);
  await answerClassSurvey(survey, { words: "canary" });
  await page.locator(".told", { hasText: "Part 3 of 3" }).waitFor();
  await press(survey, "See how you compare");
  await press(survey, "Finish and erase my answers");
  await page.locator(".told", { hasText: "Complete" }).waitFor();
}

visit("a portal built with Vite shows the survey, each way to take part, and reports", async (visit) => {
  await withBuilt("vite", visit, async (page, dist) => {
    await answerAll(page);

    const survey = page.locator("balint-survey");
    await survey.evaluate((survey) => {
      survey.reset();
      survey.mode = "group";
    });
    await survey.getByLabel("How many people can take part?").waitFor();
    await survey.evaluate((survey) => (survey.mode = "remote"));
    await survey.getByText("attribute task: not there").waitFor();
    await page.goto(`${page.url()}#report`);
    await page.reload();
    await page.locator("balint-report").getByRole("heading", { name: "Make a report" }).waitFor();

    const assets = readdirSync(join(dist, "assets"));
    for (const name of ["survey", "group", "remote", "tokens", "report", "collect"]) {
      for (const pattern of [`^balint_${name}_bg-[\\w-]{8}\\.wasm$`, `^(balint_${name})-[\\w-]{8}\\.js$`]) {
        assert.equal(assets.filter((file) => new RegExp(pattern).test(file)).length, 1, `${pattern}: ${assets}`);
      }
    }
    for (const name of ["survey", "report"]) {
      assert.equal(assets.filter((file) => new RegExp(`^balint-${name}-[\\w-]{8}\\.css$`).test(file)).length, 1, name);
    }
  });
});

visit("Vite's development server shows the survey", async (visit) => {
  await withDevelopment("vite", visit, answerAll);
}, development);

/** Uses the portal that is written in React. */
async function useReact(page) {
  const survey = page.locator("balint-survey");
  await at(survey, "Lunch on the wards");
  assert.equal(await survey.evaluate((survey) => survey.noPreview), true);
  await press(survey, "Start");
  await page.locator(".told", { hasText: "Part 1 of 1" }).waitFor();
  await choose(survey, "Yes");

  // What React renders anew costs nobody the answers; what it takes out is forgotten.
  assert.ok(await survey.getByLabel("Yes", { exact: true }).isChecked());
  await page.getByRole("button", { name: "Begin again" }).click();
  await at(survey, "Lunch on the wards");
  for (let times = 0; times < 3; times++) {
    await press(survey, "Start");
    await choose(survey, "No");
    await page.getByRole("button", { name: "Hide the survey" }).click();
    await survey.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Show the survey" }).click();
    await at(survey, "Lunch on the wards");
  }
  await press(survey, "Start");
  assert.ok(!(await survey.getByLabel("No", { exact: true }).isChecked()));
  await choose(survey, "Yes");
  await press(survey, "Continue");
  await at(survey, "Check your answers");
  await press(survey, "Finish");
  await page.locator(".told", { hasText: "Complete" }).waitFor();
}

test("the portal that is written in React has the types of the elements", () => {
  const folder = prepare("react");
  execFileSync(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "-p", folder], { stdio: "inherit" });
});

visit("a portal written in React sets properties, hears events, and shows and hides the survey", async (visit) => {
  await withBuilt("react", visit, useReact);
});

visit("the same under development, where React mounts everything twice", async (visit) => {
  await withDevelopment("react", visit, useReact);
}, development);
