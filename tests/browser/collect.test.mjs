// The close of a remote survey on the coordinator's page: the key opens the sum, and nothing else of it is shown.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

import { Leader, collection, halves, problem } from "./leader.mjs";
import { instrument, makeRelease, makeTask, openReports, press, scenario } from "./lib.mjs";

const folder = mkdtempSync(join(tmpdir(), "balint-collect-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const leaderUrl = "https://faculty.example/dap/";
const logged = { mayLog: [/the server responded with a status of/, /Failed to load resource/] };

let made = 0;

/** Makes a task whose window is over, unless said otherwise; returns it with where the coordinator's key is. */
function survey(flags = {}) {
  const out = join(folder, `task-${made++}`);
  makeTask({ leader: leaderUrl, helper: "https://union.example/", out, ...flags });
  return { task: JSON.parse(readFileSync(join(out, "task.json"), "utf8")), key: join(out, "collector.json") };
}

/** Opens the page for reports with a leader to ask, and gives it the key. */
async function open(portal, { task, key }, answers) {
  await portal.allow(new URL(task.leader.url).origin);
  const leader = new Leader(portal.page, task, answers);
  await leader.ready;
  const report = await openReports(portal);
  await choose(report, key);
  await report.getByRole("heading", { name: `The sum of “${task.collection}”` }).waitFor();
  return { leader, report, panel: report.locator(".collecting") };
}

async function choose(report, path) {
  await report.getByLabel("Releases and responses", { exact: true }).setInputFiles(path);
}

const accepted = [{ status: 201 }, { status: 202, headers: { "retry-after": "1" } }];

scenario("a coordinator's key shows which survey it is for, and asks nobody", async (portal) => {
  const made = survey();
  const { leader, report, panel } = await open(portal, made, [{ status: 500 }]);
  const words = await panel.innerText();
  for (const part of ["Faculty IT", "Students’ union", "2014-01-13 to 2014-02-23", "at least 50 reports, and only once", "290"]) {
    assert.ok(words.includes(part), `${part}: ${words}`);
  }
  assert.equal(await panel.getByRole("checkbox").count(), 0, "the survey is over");
  const focused = await report.evaluate((element) => element.shadowRoot.activeElement?.id);
  assert.equal(focused, "collecting", "the heading has focus");
  assert.equal(leader.requests.length, 0);
  const secret = JSON.parse(readFileSync(made.key, "utf8"));
  const html = await report.evaluate((element) => element.shadowRoot.innerHTML);
  assert.ok(!html.includes(secret.private_key) && !html.includes(secret.collector_token), "nothing secret is in the page");
  await press(report, "Put the key away");
  await panel.waitFor({ state: "detached" });
});

scenario("what opens the sum is loaded with the first key, and not before", async (portal) => {
  const isLoaded = () => portal.log.requests.some((request) => request.url().includes("balint_collect"));
  await openReports(portal);
  assert.ok(!isLoaded());
  await open(portal, survey(), [{ status: 500 }]);
  assert.ok(isLoaded());
});

scenario("neither a survey nor the page for reports carries what opens a sum", async (portal) => {
  const carries = async (module) => {
    const response = await fetch(new URL(`pkg/balint_${module}_bg.wasm`, portal.server.url));
    return Buffer.from(await response.arrayBuffer()).includes("dap-09 aggregate share");
  };
  assert.deepEqual(await Promise.all(["collect", "survey", "report"].map(carries)), [true, false, false]);
});

scenario("a report of one release, as a group's device shows it, loads nothing that opens a sum", async (portal) => {
  const json = makeRelease("stress_46.csv", "published", "class", "--eligible", "290");
  await openReports(portal);
  await portal.page.locator("balint-report").evaluate((element, json) => element.setAttribute("release", json), json);
  await portal.page.locator("balint-report table").first().waitFor();
  const loaded = portal.log.requests.filter((request) => request.url().includes("collect"));
  assert.deepEqual(loaded, []);
});

scenario("the sum becomes a release, which is reported and can be saved, and what is void is named", async (portal) => {
  const made = survey();
  const sums = halves(made.task, instrument("stress-experience"), 60);
  const body = collection(made.task, 60, sums);
  const answers = [...accepted, { status: 200, contentType: "application/dap-collection", body }];
  const { leader, report, panel } = await open(portal, made, answers);
  await press(report, "Ask for the sum");
  await panel.getByRole("status").filter({ hasText: "The sum was opened" }).waitFor();
  const words = await panel.innerText();
  assert.match(words, /Void, as at least one respondent did not use this program .*: female, n_reasons, n_effects/s);
  await report.locator(".report-lead", { hasText: "Respondents: 60 of 290 eligible" }).waitFor();
  const source = await report.locator(".workspace .sources").innerText();
  assert.match(source, /class: 60 respondents, collected from Faculty IT and Students’ union/);

  assert.deepEqual(leader.requests.map((request) => request.method), ["PUT", "POST", "POST"]);
  const { collector_token: token } = JSON.parse(readFileSync(made.key, "utf8"));
  for (const { headers } of leader.requests) assert.equal(headers.authorization, `Bearer ${token}`);

  const [saved] = await Promise.all([portal.page.waitForEvent("download"), press(report, "Save this release")]);
  assert.equal(saved.suggestedFilename(), "class.json");
  const release = JSON.parse(await readFile(await saved.path(), "utf8"));
  assert.deepEqual([release.collections, release.respondents, release.eligible], [["class"], 60, 290]);
  // It is what the command line reads as well, and once it is here it is refused a second time.
  const copy = join(folder, "again.json");
  writeFileSync(copy, JSON.stringify(release));
  await choose(report, copy);
  await report.locator(".refusals", { hasText: "is there twice" }).waitFor();
});

scenario("too few reports are told in plain words, and that it is over", async (portal) => {
  const { report, panel } = await open(portal, survey(), [problem("invalidBatchSize")]);
  await press(report, "Ask for the sum");
  const alert = panel.getByRole("alert").filter({ hasText: "fewer than 50 have answered" });
  await alert.waitFor();
  assert.equal(await alert.innerText(), "fewer than 50 have answered; the survey is over: nothing can be opened any more");
  await panel.getByRole("button", { name: "Ask for the sum" }).waitFor();
}, logged);

scenario("what the leader refuses is told in plain words", async (portal) => {
  const { leader, report, panel } = await open(portal, survey(), [{ status: 500 }]);
  for (const [answer, words, ...more] of [
    [problem("batchQueriedTooManyTimes"), "it opens only once"],
    [problem("unauthorizedRequest", 403), "does not know this coordinator's token"],
    [problem("unrecognizedTask", 404), "does not know this survey"],
    [{ status: 201 }, "has deleted what was asked for", { status: 204 }],
    [{ status: 404 }, "the leader answers with status 404"],
    [{ status: 200, body: "no collection" }, "no collection; expected the protocol's message"],
  ]) {
    leader.answers = [answer, ...more];
    await press(report, "Ask for the sum");
    await panel.getByRole("alert").filter({ hasText: words }).waitFor();
  }
}, logged);

scenario("asking can be stopped, and goes on where it stopped", async (portal) => {
  const { leader, report, panel } = await open(portal, survey(), [...accepted]);
  await press(report, "Ask for the sum");
  await panel.getByRole("status").filter({ hasText: "adds up" }).waitFor();
  await press(report, "Stop asking");
  await panel.getByRole("alert").filter({ hasText: "it goes on where it stopped" }).waitFor();
  const urls = new Set(leader.requests.map((request) => request.url));
  leader.answers = [problem("invalidBatchSize")];
  await press(report, "Ask for the sum");
  await panel.getByRole("alert").filter({ hasText: "fewer than 50" }).waitFor();
  assert.deepEqual([...new Set(leader.requests.map((request) => request.url))], [...urls], "the job is the same");
}, logged);

scenario("a leader that waits for the helper says so, and whom to ask", async (portal) => {
  const body = JSON.stringify({ detail: "waiting for the helper, which cannot be reached" });
  const waiting = { ...accepted[1], contentType: "application/json", body };
  const { report, panel } = await open(portal, survey(), [accepted[0], ...Array(4).fill(waiting)]);
  await press(report, "Ask for the sum");
  const said = "Faculty IT (leader) is waiting: waiting for the helper, which cannot be reached";
  await panel.getByRole("status").filter({ hasText: `${said}. Asking again` }).waitFor();
  const hint = "if this goes on, ask Students’ union whether their process runs";
  await panel.getByRole("status").filter({ hasText: `${said}; ${hint}` }).waitFor();
  await press(report, "Stop asking");
}, logged);

scenario("a leader that cannot be reached is tried again", async (portal) => {
  const { leader, report, panel } = await open(portal, survey(), ["unreachable", "unreachable", problem("invalidBatchSize")]);
  await press(report, "Ask for the sum");
  const policy = "or this page’s Content-Security-Policy does not allow it: connect-src must name https://faculty.example.";
  await panel.getByRole("status").filter({ hasText: policy }).waitFor();
  await panel.getByRole("alert").filter({ hasText: "fewer than 50" }).waitFor();
  assert.equal(leader.requests.length, 3);
}, logged);

scenario("a survey that is open is closed only when that is confirmed", async (portal) => {
  const { leader, report, panel } = await open(portal, survey({ closes: "2999-12-31" }), [problem("invalidBatchSize")]);
  const button = panel.getByRole("button", { name: "Ask for the sum" });
  assert.ok(await button.isDisabled());
  assert.equal(leader.requests.length, 0);
  await panel.getByLabel("The survey is open until the end of 2999-12-31 (UTC). Close it now, for good.").check();
  await button.click();
  await panel.getByRole("alert").filter({ hasText: "fewer than 50" }).waitFor();
  await panel.getByRole("checkbox").uncheck();
  assert.ok(await button.isDisabled());
}, logged);

scenario("a key that was changed is refused with what was expected", async (portal) => {
  const { key } = survey();
  const report = await openReports(portal);
  const changed = join(folder, "changed.json");
  const content = JSON.parse(readFileSync(key, "utf8"));
  writeFileSync(changed, JSON.stringify({ ...content, private_key: "A".repeat(43) }));
  await choose(report, changed);
  await report.locator(".refusals li", { hasText: "expected the key that belongs to the task" }).waitFor();
  await choose(report, join(dirname(key), "leader.json"));
  const words = "this is the leader's leader.json; expected the coordinator’s collector.json";
  await report.locator(".refusals li", { hasText: words }).waitFor();
  assert.equal(await report.locator(".collecting").count(), 0);
});
