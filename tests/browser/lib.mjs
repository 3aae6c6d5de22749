// What every browser test needs: a browser, a server with a store of its own, a page that is watched.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const shots = fileURLToPath(new URL("shots", import.meta.url));

const browserNames = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "msedge",
  "microsoft-edge",
  "microsoft-edge-stable",
];

// Nothing but the page under test may use the network, or the processor.
const browserArguments = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns the browser of this machine: `$CHROMIUM`, else the first one on the path. */
function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = process.env.PATH.split(delimiter);
  const places = browserNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = places.find(isExecutable);
  if (!found) throw new Error(`no browser: expected $CHROMIUM, or one of ${browserNames.join(", ")} on the path`);
  return found;
}

/** Starts the browser, once for each file of tests. */
function launch() {
  // Chromium's sandbox does not work for root, which containers often are.
  const forRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: findBrowser(), args: [...browserArguments, ...forRoot] });
}

let browser;
after(async () => (await browser)?.close());

// `tests/run.sh` has built it, and cargo does where it has not.
const [program, ...leading] = process.env.BALINT_SURVEY ? [process.env.BALINT_SURVEY] : ["cargo", "run", "-q", "--"];

/** Runs the program, and returns what it prints. */
export function run(...flags) {
  return execFileSync(program, [...leading, ...flags], { cwd: root, encoding: "utf8" });
}

/** Returns where a file of synthetic responses is. */
export function data(name) {
  return join(root, "tests/data", name);
}

const instrumentOf = { "stress_46.csv": "stress-experience", "post_6.csv": "post-program" };

/** Returns the release, as JSON, of a file of synthetic responses. */
export function makeRelease(responses, policy, collection, ...flags) {
  const named = ["--instrument", instrumentOf[responses], "--policy", policy, "--collection", collection];
  return run("release", data(responses), ...named, ...flags);
}

/** Makes the files of a survey that is answered from home; `flags` are those of `balint-survey task`. */
export function makeTask(flags) {
  const all = {
    instrument: "stress-experience",
    collection: "class",
    eligible: "290",
    opens: "2014-01-13",
    closes: "2014-02-23",
    "leader-name": "Faculty IT",
    "helper-name": "Students’ union",
    today: "2014-01-13",
    ...flags,
  };
  return run("task", ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]));
}

/** Returns a built-in instrument, as it is written. */
export function instrument(id) {
  return JSON.parse(readFileSync(join(root, "src/instrument", `${id}.json`), "utf8"));
}

/** Returns the report of some releases, with the flags given. */
export function makeReport(format, ...flags) {
  return run("report", "--format", format, ...flags);
}

/** Starts the program with some flags in a folder for its files; `url` is where it says that it serves. */
export async function start(folder, ...flags) {
  const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: folder } };
  const child = spawn(program, [...leading, ...flags], options);
  let complaints = "";
  child.stderr.on("data", (text) => (complaints += text));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    // Not asked politely, as it would wait for connections that the browser keeps.
    child.kill("SIGKILL");
    await ended;
  };
  const url = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`the server ended with ${code}: ${complaints}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /http:\/\/\S+/.exec(line);
      if (address) resolve(address[0]);
    });
  });
  return { url, stop };
}

/** Returns a new folder, with what removes it. */
export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "balint-survey-"));
  // What a killed server has begun may end a moment later.
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }) };
}

/** Returns ports that nobody listens at. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Returns the day that is so many days from now (UTC). */
function day(offset) {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

/** Makes a task with the command line, starts its two operators, and says how the widget is set up for it. */
export async function startOperators(folder, { instrument, eligible, credentials = "codes", invited = eligible }) {
  const [leader, helper] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
  const out = join(folder, "task");
  const window = ["--opens", day(-1), "--closes", day(7)];
  const operators = ["--leader", leader, "--leader-name", "Faculty IT", "--helper", helper, "--helper-name", "Students’ Union"];
  const named = ["--instrument", instrument, "--collection", "class", "--eligible", String(eligible)];
  run("task", ...named, ...window, ...operators, "--credentials", credentials, "--out", out);
  const codesFlags = (role) => (credentials === "codes" ? ["--codes", join(out, `${role}-codes.json`)] : []);
  let codes = [];
  if (credentials === "codes") {
    run("invite", "--task", join(out, "task.json"), "--count", String(invited), "--out", out);
    const [, ...lines] = readFileSync(join(out, "invitations.csv"), "utf8").trim().split("\n");
    codes = lines.map((line) => line.trim().replaceAll('"', ""));
  }
  const address = (url) => url.slice("http://".length);
  const begin = (role, url) =>
    start(folder, "aggregator", "--may-close-early", "--role", role, "--address", address(url), "--store", join(folder, `${role}.sqlite`), "--task", join(out, `${role}.json`), ...codesFlags(role));
  const running = await Promise.all([begin("leader", leader), begin("helper", helper)]);
  const text = readFileSync(join(out, "task.json"), "utf8");
  const hash = createHash("sha256").update(text).digest("hex");
  return {
    folder: out,
    text,
    task: JSON.parse(text),
    codes,
    origins: [leader, helper],
    attributes: { mode: "remote", task: "/task.json", "task-hash": hash },
    stop: () => Promise.all(running.map((one) => one.stop())),
  };
}

/** Starts a server with an empty store. */
async function startServer() {
  const { folder, remove } = newFolder();
  const server = await start(folder, "--address", "127.0.0.1:0", "--store", join(folder, "store.sqlite"));
  const stop = async () => {
    await server.stop();
    remove();
  };
  return { ...server, folder, stop };
}

/** Writes down all that a page says and asks for. */
class Log {
  console = [];
  errors = [];
  requests = [];

  constructor(page) {
    page.on("console", (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => this.requests.push(request));
    page.on("websocket", (socket) => this.errors.push(`a web socket to ${socket.url()}`));
  }

  /** Returns what was sent to the endpoint. */
  puts() {
    return this.requests.filter((request) => request.method() === "PUT");
  }

  /** Fails if the page has complained, was kept from something by the policy, or has asked anybody else. */
  check(origins, mayLog) {
    const unexpected = this.console.filter((line) => !mayLog.some((pattern) => pattern.test(line)));
    assert.deepEqual(unexpected, [], "the console stays empty");
    assert.deepEqual(this.errors, [], "nothing throws");
    const foreign = this.requests.map((request) => request.url()).filter((url) => !origins.includes(new URL(url).origin));
    assert.deepEqual(foreign, [], "nobody else is asked");
  }
}

/** Records violations of the Content-Security-Policy and the widget's events, from the first moment on. */
function record() {
  const eventNames = ["survey-progress", "survey-complete", "survey-submit", "survey-submitted", "survey-error"];
  window.recorded = { violations: [], events: [] };
  document.addEventListener("securitypolicyviolation", (event) => {
    window.recorded.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
  for (const name of eventNames) {
    document.addEventListener(name, (event) => {
      window.recorded.events.push({ name, detail: event.detail, cancelable: event.cancelable, composed: event.composed });
    });
  }
}

/** Keeps the page from being kept on the device: these tests would not see what its service worker asks for. */
function withoutWorker() {
  if (window.ServiceWorkerContainer) ServiceWorkerContainer.prototype.register = () => new Promise(() => {});
}

/** A page of the portal, on a server of its own. */
export class Portal {
  /** Whom its pages may ask beside the server. */
  operators = [];

  constructor(server, context, page) {
    this.server = server;
    this.context = context;
    this.page = page;
    this.log = new Log(page);
  }

  /** Lets the pages ask others, as a portal does whose policy names the operators of a remote survey. */
  async allow(...origins) {
    if (origins.every((origin) => this.operators.includes(origin))) return;
    this.operators.push(...origins);
    await this.page.route(`${new URL(this.server.url).origin}/**`, async (route) => {
      if (!route.request().isNavigationRequest()) return route.fallback();
      const response = await route.fetch();
      const headers = response.headers();
      const name = "content-security-policy";
      headers[name] = headers[name].replace("connect-src 'self'", `connect-src 'self' ${this.operators.join(" ")}`);
      return route.fulfill({ response, headers });
    });
  }

  /** Goes to an article, and returns its survey once it is shown. */
  async open(article = "class-survey") {
    await this.page.goto(`${this.server.url}#${article}`);
    const survey = this.page.locator(`#${article} balint-survey`);
    await survey.locator(".heading").waitFor();
    return survey;
  }

  /** Puts another survey in the place of the class survey, and returns it once it is shown. */
  async place(attributes) {
    await this.page.goto(this.server.url);
    const survey = this.page.locator("#class-survey balint-survey");
    await survey.evaluate((before, attributes) => {
      const element = document.createElement("balint-survey");
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      before.replaceWith(element);
    }, attributes);
    await survey.locator("h2").waitFor();
    return survey;
  }

  /**
   * Puts a survey of other operators in the place of the class survey, and returns it.
   *
   * To send anything, its page must be without its policy: one with another policy, from {@link allow}, is not
   * served by this machine in Chromium's eyes, and may not ask this machine's operators.
   */
  async placeRemote(operators, attributes = {}) {
    this.operators = operators.origins;
    await this.page.route("**/task.json", (route) => route.fulfill({ body: operators.text, contentType: "application/json" }));
    return this.place({ ...operators.attributes, ...attributes });
  }

  /** Returns what the widgets of the page have told it. */
  events(name) {
    const pick = (name) => window.recorded.events.filter((event) => !name || event.name === name);
    return this.page.evaluate(pick, name);
  }

  /** Goes to the page of the survey that is answered from home, and returns that survey once it is shown. */
  async openRemote() {
    await this.page.goto(new URL("remote.html", this.server.url).href);
    const survey = this.page.locator("balint-survey");
    await survey.locator(".heading").waitFor();
    this.task = await (await this.api("demo/task.json")).json();
    this.operators = [this.task.leader.url, this.task.helper.url].map((url) => new URL(url).origin);
    return survey;
  }

  async api(path, init) {
    return fetch(new URL(`api/${path}`, this.server.url), init);
  }

  async check(mayLog) {
    const violations = await this.page.evaluate(() => window.recorded.violations);
    assert.deepEqual(violations, [], "the Content-Security-Policy is kept");
    this.log.check([new URL(this.server.url).origin, ...this.operators], mayLog);
  }
}

/**
 * Declares a test: `body` gets a {@link Portal}, on which nothing may go wrong meanwhile.
 *
 * `options.mayLog` are patterns of the console lines that the test provokes, `options.worker` says whether the portal's
 * service worker is part of it; the rest goes to the browser's context.
 */
export function scenario(name, body, { mayLog = [], worker = false, ...options } = {}) {
  test(name, { timeout: 600_000 }, async () => {
    browser ??= launch();
    const server = await startServer();
    try {
      const context = await (await browser).newContext({ viewport: { width: 1024, height: 768 }, ...options });
      context.setDefaultTimeout(15_000);
      await context.addInitScript(record);
      if (!worker) await context.addInitScript(withoutWorker);
      const page = await context.newPage();
      const portal = new Portal(server, context, page);
      try {
        await body(portal);
        await portal.check(mayLog);
      } catch (error) {
        mkdirSync(shots, { recursive: true });
        const path = join(shots, `${name.replace(/\W+/g, "-")}.png`);
        await page.screenshot({ path, fullPage: true }).catch(() => {});
        throw error;
      } finally {
        await context.close();
      }
    } finally {
      await server.stop();
    }
  });
}

/**
 * Declares a test of pages that are not the demo portal's: `body` gets a page on which nothing may go wrong.
 *
 * The page may ask the origins that `body` adds to `visit.origins`.
 */
export function visit(name, body, { mayLog = [], ...options } = {}) {
  test(name, { timeout: 600_000 }, async () => {
    browser ??= launch();
    const context = await (await browser).newContext({ viewport: { width: 1024, height: 768 }, ...options });
    context.setDefaultTimeout(15_000);
    await context.addInitScript(record);
    const page = await context.newPage();
    const log = new Log(page);
    const origins = [];
    try {
      await body({ page, context, log, origins });
      const violations = await page.evaluate(() => window.recorded.violations);
      assert.deepEqual(violations, [], "the Content-Security-Policy is kept");
      log.check(origins, mayLog);
    } finally {
      await context.close();
    }
  });
}

/** Opens the page for reports, and returns its element once it is shown. */
export async function openReports(portal, query = "") {
  await portal.page.goto(new URL(`report.html${query}`, portal.server.url).href);
  const report = portal.page.locator("balint-report");
  await report.getByRole("heading", { name: "Make a report" }).waitFor();
  return report;
}

/** Presses a button of the survey. */
export async function press(survey, name) {
  await survey.getByRole("button", { name, exact: true }).click();
}

/** Waits for the screen with that heading. */
export async function at(survey, heading) {
  await survey.locator(".heading", { hasText: heading }).waitFor();
}

/** Chooses the answers with these labels, in the survey or in one of its questions. */
export async function choose(place, ...labels) {
  for (const label of labels) await place.getByLabel(label, { exact: true }).check();
}

/** Returns the question with that text. */
export function question(survey, text) {
  return survey.locator("fieldset.question").filter({ has: survey.page().locator("legend", { hasText: text }) });
}

/** Returns the questions in view. */
export function questions(survey) {
  return survey.locator("fieldset.question > legend").allTextContents();
}

/** Returns the labels of what is ticked, as the respondent sees it. */
export function ticked(place) {
  return place.locator("input").evaluateAll((inputs) =>
    inputs.filter((input) => input.checked).map((input) => input.labels[0].textContent),
  );
}

/**
 * Returns the tables of a screen or of a report: caption, columns, and rows with the texts of their cells.
 *
 * A table of a report has its name from what it scrolls in, and a row for the heading of each group.
 */
export function tables(survey) {
  return survey.locator("table").evaluateAll((tables) =>
    tables.map((table) => ({
      caption: table.caption?.textContent ?? table.parentElement.ariaLabel,
      columns: Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent),
      rows: Array.from(table.tBodies, (body) => Array.from(body.rows)).flat().map((row) => ({
        name: row.cells[0].textContent,
        chosen: row.classList.contains("chosen"),
        cells: Array.from(row.cells).slice(1).map((cell) => cell.textContent),
      })),
    })),
  );
}

/** Returns all that is in the survey's shadow root, text, attributes and what is typed, as one string. */
export function everything(survey) {
  return survey.evaluate((element) => {
    const parts = [];
    const visit = (node) => {
      if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.COMMENT_NODE) parts.push(node.data);
      for (const attribute of node.attributes ?? []) parts.push(`${attribute.name}="${attribute.value}"`);
      if (typeof node.value === "string") parts.push(node.value);
      if (node.shadowRoot) visit(node.shadowRoot);
      node.childNodes.forEach(visit);
    };
    visit(element);
    return parts.join("\n");
  });
}

/** What a respondent of the class survey answers unless the test says otherwise. */
const usualAnswers = {
  about: ["Third", "Female", "21 – 25"],
  experiences: "1 – 4",
  talking: [">50%", "Lack of time", "Burnout"],
  words: "",
};

/** Takes the class survey from the introduction to the screen after its last section. */
export async function answerClassSurvey(survey, answers = {}) {
  const { about, experiences, talking, words } = { ...usualAnswers, ...answers };
  await press(survey, "Start");
  await choose(survey, ...about);
  await press(survey, "Continue");
  await choose(survey, experiences);
  await press(survey, "Continue");
  await choose(survey, ...talking);
  if (words) await survey.getByLabel(/^Other, in your own words/).last().fill(words);
  await press(survey, "Continue");
}

/** What closes the collections of these tests. */
export const passphrase = "correct horse battery";

/** Opens a group's collection. */
export async function openCollection(survey, eligible) {
  await survey.getByLabel("How many people can take part?").fill(String(eligible));
  await survey.getByLabel("Choose a passphrase for closing").fill(passphrase);
  await press(survey, "Open the collection");
  await survey.getByRole("button", { name: "Start" }).waitFor();
}

/** Lets `count` people answer, one after the other; `answersOf(i)` is what the i-th answers. */
export async function respond(survey, count, answersOf = () => ({})) {
  for (let i = 0; i < count; i++) {
    if (i > 0) await press(survey, "I am the next person");
    await answerClassSurvey(survey, answersOf(i));
    await press(survey, "Add my answers");
    await at(survey, "Thank you");
  }
}

/** Goes to the screen where the facilitator closes the collection. */
export async function askToClose(survey) {
  await survey.locator("summary", { hasText: "For the person who runs this group" }).click();
  await press(survey, "Close the collection");
  await survey.getByLabel("Passphrase").fill(passphrase);
  await press(survey, "Continue");
  await survey.getByText("End without results").waitFor();
}

/** Sends the release of a closed collection, after a look at it. */
export async function send(survey) {
  await survey.locator(".delivery", { hasText: "Nothing was sent yet." }).waitFor();
  await press(survey, "Send the release");
}

/** Takes a small group from its opening to its results: five people, under the policy for so few. */
export async function closeSmallGroup(survey, answersOf) {
  await openCollection(survey, 8);
  await respond(survey, 5, answersOf);
  await askToClose(survey);
  await press(survey, "Close and make the results");
  await at(survey, "Results of this group");
}

/** Waits until the results say where the release is, and checks that it is announced in the same words. */
export async function delivery(survey, words) {
  const shown = survey.locator(".delivery", { hasText: words });
  await shown.waitFor();
  assert.equal(await survey.getByRole("status").textContent(), await shown.textContent());
}

/** The attributes of such a group. */
export const smallGroup = {
  instrument: "stress-experience",
  mode: "group",
  policy: "small-group",
  collection: "small",
  endpoint: "api/releases",
};
