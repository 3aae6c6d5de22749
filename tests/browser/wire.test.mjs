// What goes over the wire: nothing of a respondent's own device, and few bytes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { get } from "node:http";

import { answerClassSurvey, at, closeSmallGroup, delivery, press, scenario, send, smallGroup } from "./lib.mjs";

const sizeLimit = 150_000;

/** Returns what the browser keeps for this page. */
function kept() {
  return Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()]).then(
    (lists) => ({
      history: history.length,
      cookies: document.cookie,
      local: localStorage.length,
      session: sessionStorage.length,
      others: lists.flat().length,
      address: location.href,
    }),
  );
}

scenario("a personal survey sends nothing, stores nothing and says nothing", async (portal) => {
  const survey = await portal.open();
  await portal.page.waitForLoadState("networkidle");
  const requests = portal.log.requests.length;
  assert.ok(requests > 5, "the requests of the page itself are seen");
  const before = await portal.page.evaluate(kept);
  assert.deepEqual({ ...before, history: 0, address: "" }, { history: 0, cookies: "", local: 0, session: 0, others: 0, address: "" });

  await answerClassSurvey(survey, { words: "canary" });
  await at(survey, "Check your answers");
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  await portal.page.waitForLoadState("networkidle");

  assert.deepEqual(portal.log.requests.slice(requests).map((request) => request.url()), []);
  assert.deepEqual(await portal.page.evaluate(kept), before);
  assert.deepEqual(await portal.context.cookies(), []);
  assert.deepEqual(portal.log.console, []);
});

scenario("the events of a survey tell the part and the end, once, and hold no answer", async (portal) => {
  const survey = await portal.open();
  await answerClassSurvey(survey, { words: "canary" });
  await at(survey, "Check your answers");
  await press(survey, "Back");
  await at(survey, "Part 3 of 3");
  await press(survey, "Continue");
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  const told = (await portal.events()).map(({ name, detail }) => [name, detail]);
  const progress = (part) => ["survey-progress", { part, parts: 3 }];
  assert.deepEqual(told, [progress(1), progress(2), progress(3), progress(3), ["survey-complete", {}]]);
});

scenario("every request of a group goes to the portal, and only the release is written", async (portal) => {
  const survey = await portal.place(smallGroup);
  await closeSmallGroup(survey, () => ({ words: "canary" }));
  await send(survey);
  await delivery(survey, "is kept there");
  // The harness checks that nobody else was asked; this, that the portal was asked nothing else.
  const writes = portal.log.requests.filter((request) => request.method() !== "GET" || request.postData());
  assert.deepEqual(writes.map((request) => request.method()), ["PUT"]);
  const addresses = portal.log.requests.map((request) => request.url()).join("\n");
  assert.doesNotMatch(addresses, /\?/);
  const events = JSON.stringify(await portal.events());
  assert.doesNotMatch(events, /canary/);
  assert.deepEqual(portal.log.console, []);
});

scenario(
  "the portal has a strict Content-Security-Policy, whose violations these tests would see",
  async (portal) => {
    const response = await fetch(portal.server.url);
    const policy = response.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    assert.match(policy, /style-src 'self'(;|$)/);
    assert.match(policy, /connect-src 'self'(;|$)/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);

    await portal.open();
    await portal.page.evaluate(() => document.body.setAttribute("style", "color: red"));
    await assert.rejects(portal.check([/./]), /Content-Security-Policy/);
    assert.equal(portal.log.console.length, 1);
    await portal.page.evaluate(() => (window.recorded.violations.length = 0));
  },
  { mayLog: [/style-src/] },
);

scenario("a student's own phone loads at most 150 KB", (portal) => loadsAtMost(portal, "en", sizeLimit));

// Arabic is the largest.
scenario("in another language it loads at most 10 KB more", (portal) => loadsAtMost(portal, "ar", sizeLimit + 10_000));

async function loadsAtMost(portal, lang, limit) {
  // The demo portal itself has a group's survey on the same page.
  const page = `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>One survey</title>
    <link rel="icon" href="icon.svg"><script type="module" src="balint-survey.js"></script>
    <balint-survey instrument="stress-experience"></balint-survey></html>`;
  await portal.page.route("**/one.html", (route) => route.fulfill({ contentType: "text/html", body: page }));
  await portal.page.goto(new URL("one.html", portal.server.url).href);
  await portal.page.locator("balint-survey .heading").waitFor();
  await portal.page.waitForLoadState("networkidle");
  const files = [];
  for (const request of portal.log.requests) {
    const name = new URL(request.url()).pathname;
    if (!/\.(js|wasm|css|json)$/.test(name)) continue;
    const response = await request.response();
    assert.equal(await response.headerValue("content-encoding"), "br", name);
    const { responseBodySize: size } = await request.sizes();
    assert.ok(size > 0, name);
    files.push({ name, size });
  }
  assert.deepEqual(files.map(({ name }) => name).sort(), [
    "/balint-survey.css",
    "/balint-survey.js",
    "/pkg/balint_survey.js",
    "/pkg/balint_survey_bg.wasm",
    ...(lang === "en" ? [] : [`/pkg/balint_${lang}.json`]),
  ].sort());
  const total = files.reduce((sum, { size }) => sum + size, 0);
  console.log(`on the wire: ${total} bytes (${files.map(({ name, size }) => `${name} ${size}`).join(", ")})`);
  assert.ok(total <= limit, `${total} bytes`);
}

scenario("the README says how much is loaded", async (portal) => {
  const size = (path) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, portal.server.url);
      const request = get(url, { headers: { "accept-encoding": "br" } }, (response) => {
        let bytes = 0;
        response.on("data", (piece) => (bytes += piece.length));
        response.on("end", () => resolve(bytes));
      });
      request.on("error", reject);
    });
  const module = (name) => [`pkg/balint_${name}.js`, `pkg/balint_${name}_bg.wasm`];
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const untrue = [];
  for (const [sentence, files] of [
    [/What a browser loads of that folder for a survey .*? is (\d+) KB/, ["balint-survey.js", "balint-survey.css", ...module("survey")]],
    [/; for a group it is (\d+) KB/, ["balint-survey.js", "balint-survey.css", ...module("group")]],
    [/What a browser loads for it, .* is (\d+) KB/, ["balint-survey.js", "balint-survey.css", "balint-remote.js", ...module("remote")]],
    [/Only the language in use is loaded: up to (\d+) KB/, ["pkg/balint_fr.json"]],
    [/and (\d+) KB more where the portal signs tokens/, module("tokens")],
    [/Only then does it load what that needs, (\d+) KB/, module("collect")],
    [/a WebAssembly module of its own, (\d+) KB/, ["balint-report.js", "balint-report.css", ...module("report")]],
  ]) {
    const sizes = await Promise.all(files.map(size));
    const found = sizes.reduce((sum, one) => sum + one, 0) / 1000;
    const said = Number(sentence.exec(readme)?.[1]);
    console.log(`${files.at(-1)} and what belongs to it: ${found.toFixed(1)} KB, in the README ${said} KB`);
    if (!(Math.abs(found - said) <= 2)) untrue.push(`${sentence}: ${said} KB in the README; found ${found.toFixed(1)} KB`);
  }
  assert.deepEqual(untrue, []);
});
