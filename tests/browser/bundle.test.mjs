// The folder that `balint-survey build --out` makes: in pages of all kinds, from another origin, checked, and for npm.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { newFolder, run, visit } from "./lib.mjs";
import { serveFiles } from "./static.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const portal = readme.slice(readme.indexOf("## Put it into a portal"));

/** Returns the blocks of a kind in the README's section for portals, in their order. */
function blocks(kind) {
  const all = Array.from(portal.matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, found, text]) => ({ found, text }));
  return all.filter(({ found }) => found === kind).map(({ text }) => text);
}

const [lines, linesForHead] = blocks("html").map((text) => text.trim());
const policy = blocks("")[0].trim().replaceAll("\n", " ");

const { folder, remove } = newFolder();
after(remove);
const bundle = join(folder, "public/survey");
const printed = run("build", "--out", bundle);

const three = `<balint-survey class="personal" instrument="stress-experience"></balint-survey>
  <balint-survey class="group" instrument="stress-experience" mode="group"></balint-survey>
  <balint-report></balint-report>`;

/** Returns a page with the elements of both scripts, which are at an address. */
function pageOf(address, head = "") {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A portal</title>${head}
  <link rel="icon" href="data:,">
  <script type="module" src="${address}balint-survey.js" crossorigin></script>
  <script type="module" src="${address}balint-report.js" crossorigin></script></head>
  <body>${three}</body></html>`;
}

/** Returns the lines with hashes for a page's head, of what the build has printed, and the hash that its policy needs. */
function checkedHead(printed) {
  const [head] = printed.match(/^<script type="importmap">.*?^<script [^\n]*integrity=[^\n]*/ms);
  return { head, hash: printed.match(/'sha256-[^']+'/)[0] };
}

/** Returns a page with one survey. */
function onePage(head) {
  return `<!doctype html><html lang="en"><title>A portal</title><link rel="icon" href="data:,">
    ${head}<balint-survey instrument="stress-experience">Ask the dean.</balint-survey></html>`;
}

/** Waits until each of the three is shown, with its style. */
async function seeThree(page) {
  await page.locator(".personal .heading", { hasText: "Class-wide stress-experience survey" }).waitFor();
  await page.locator(".group .heading").waitFor();
  await page.locator("balint-report").getByRole("heading", { name: "Make a report" }).waitFor();
  for (const element of await page.locator("balint-survey, balint-report").all()) {
    assert.ok((await element.evaluate(({ shadowRoot }) => shadowRoot.adoptedStyleSheets[0].cssRules.length)) > 20);
  }
}

/** Serves a folder and a page, and opens the page. */
async function withPage({ page, origins }, options, address, body) {
  const server = await serveFiles(options);
  origins.push(server.origin);
  try {
    await page.goto(server.origin + address);
    await body(page);
  } finally {
    await server.stop();
  }
}

const openPolicy = `${policy}; img-src 'self' data:`.replace("img-src 'self'; ", "");

visit("a new user's page, of nothing but the README's lines, shows the survey", async (visit) => {
  const [command] = blocks("sh")[0].split("#");
  assert.equal(command.trim(), "cargo run -- build --out public/survey");
  const served = { mounts: { "/": join(folder, "public") }, pages: { "/index.html": lines }, csp: policy };
  await withPage(visit, served, "/", async (page) => {
    await page.locator("balint-survey .heading", { hasText: "Class-wide stress-experience survey" }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.locator("balint-survey .heading", { hasText: "About you" }).waitFor();
  });
}, { mayLog: [/favicon|404/] });

visit("the elements work in a page with a base, from a folder far down", async (visit) => {
  const pages = { "/a/page.html": pageOf("../survey/", '<base href="/portal/pages/">') };
  const served = { mounts: { "/portal/survey/": bundle }, pages, csp: openPolicy };
  await withPage(visit, served, "/a/page.html", seeThree);
});

visit("the elements work from another origin, which the page's policy names", async (visit) => {
  const other = await serveFiles({ mounts: { "/v1/": bundle }, headers: { "access-control-allow-origin": "*" } });
  visit.origins.push(other.origin);
  const checked = checkedHead(run("build", "--out", bundle, "--served-at", `${other.origin}/v1`));
  const csp = openPolicy
    .replace("script-src", `script-src ${other.origin} ${checked.hash}`)
    .replace("connect-src", `connect-src ${other.origin}`);
  const pages = { "/index.html": pageOf(`${other.origin}/v1/`), "/checked.html": onePage(checked.head) };
  try {
    await withPage(visit, { pages, csp }, "/", async (page) => {
      await seeThree(page);
      await page.goto(new URL("/checked.html", page.url()).href);
      await page.locator("balint-survey .heading").waitFor();
    });
  } finally {
    await other.stop();
  }
});


visit("the lines for the head ask for all files at once, and for none twice", async (visit) => {
  const page = `<!doctype html><html lang="en"><title>A portal</title><link rel="icon" href="data:,">
    ${linesForHead}\n${lines}</html>`;
  const served = { mounts: { "/survey/": bundle }, pages: { "/index.html": page }, csp: openPolicy };
  await withPage(visit, served, "/", async (page) => {
    const files = () => visit.log.requests.map((request) => new URL(request.url()).pathname).filter((path) => path.startsWith("/survey/")).sort();
    const expected = ["/survey/balint-survey.css", "/survey/balint-survey.js", "/survey/pkg/balint_survey.js", "/survey/pkg/balint_survey_bg.wasm"];
    await page.locator("balint-survey .heading").waitFor();
    assert.deepEqual(files(), expected);
    // The module that asks for the rest never comes: what is asked for is asked by the page itself.
    await page.route("**/balint-survey.js", () => {});
    visit.log.requests.length = 0;
    await page.reload({ waitUntil: "commit" });
    await page.waitForFunction(() => performance.getEntriesByType("resource").length >= 3);
    assert.deepEqual(files(), expected);
    await page.unroute("**/balint-survey.js");
    await page.reload();
    await page.locator("balint-survey .heading").waitFor();
    // The browser complains of what was loaded early and not used only after some seconds.
    await page.waitForTimeout(4000);
  });
});

test("what is printed are the README's lines, with the address given", () => {
  for (const line of `${lines}\n${linesForHead}`.split("\n")) {
    assert.ok(printed.includes(line), line);
  }
  const elsewhere = run("build", "--out", bundle, "--served-at", "https://cdn.example/v1");
  assert.ok(!elsewhere.includes("/survey/"));
  assert.ok(elsewhere.includes('src="https://cdn.example/v1/balint-survey.js"'));
});

const integrity = JSON.parse(readFileSync(join(bundle, "integrity.json"), "utf8"));

test("integrity.json has the hash of each script, style sheet, module and language", () => {
  const paths = ["", "pkg/"].flatMap((folder) => readdirSync(join(bundle, folder)).map((name) => folder + name));
  const expected = paths.filter((path) => /\.(js|css|wasm)$|^pkg\/.*\.json$/.test(path)).sort();
  assert.deepEqual(Object.keys(integrity).sort(), expected);
  for (const path of expected) {
    const hash = createHash("sha384").update(readFileSync(join(bundle, path))).digest("base64");
    assert.equal(integrity[path], `sha384-${hash}`, path);
  }
});

/** Opens a page with the printed tag and import map, where a file is changed on its way. */
async function openChecked(visit, changed, addition, body) {
  const { head, hash } = checkedHead(printed);
  const page = onePage(head);
  const change = (path, bytes) => (path === `/survey/${changed}` ? Buffer.concat([bytes, addition]) : bytes);
  const csp = openPolicy.replace("script-src", `script-src ${hash}`);
  await withPage(visit, { mounts: { "/survey/": bundle }, pages: { "/index.html": page }, csp, change }, "/", body);
}

visit("a page with the printed hashes shows the survey", async (visit) => {
  await openChecked(visit, "nothing", Buffer.of(), async (page) => {
    await page.locator("balint-survey .heading").waitFor();
    for (const mode of ["group", "remote"]) {
      await page.locator("balint-survey").evaluate((survey, mode) => (survey.mode = mode), mode);
      const shown = { group: "How many people can take part?", remote: "attribute task: not there" };
      await page.locator("balint-survey").getByText(shown[mode]).first().waitFor();
    }
  });
});

const script = Buffer.from("\nwindow.isTampered = true;\n");
// A custom section without a name: the module works as before.
const section = Buffer.from([0, 1, 0]);

for (const [changed, addition, mode] of [
  ["balint-survey.js", script, "personal"],
  ["pkg/balint_survey.js", script, "personal"],
  ["pkg/balint_survey_bg.wasm", section, "personal"],
  ["pkg/balint_group.js", script, "group"],
  ["pkg/balint_group_bg.wasm", section, "group"],
  ["balint-remote.js", script, "remote"],
  ["pkg/balint_remote_bg.wasm", section, "remote"],
]) {
  visit(`a page with the printed hashes refuses a changed ${changed}`, async (visit) => {
    await openChecked(visit, changed, addition, async (page) => {
      const survey = page.locator("balint-survey");
      await survey.evaluate((survey, mode) => survey.setAttribute("mode", mode), mode);
      if (changed === "balint-survey.js") {
        await page.waitForLoadState("networkidle");
        assert.equal(await page.evaluate(() => customElements.get("balint-survey")), undefined);
      } else {
        await survey.getByRole("alert").getByText("This survey cannot be shown").waitFor();
      }
      assert.ok(await page.getByText("Ask the dean.").isVisible());
      assert.equal(await page.evaluate(() => window.isTampered), undefined);
    });
  }, { mayLog: [/Failed to find a valid digest/, /SRI's integrity checks failed/] });
}

test("what npm packs is what package.json names, without compressed copies", () => {
  const options = { cwd: bundle, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const found = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--offline"], options));
  const [pack] = Array.isArray(found) ? found : Object.values(found);
  const files = pack.files.map(({ path }) => path);
  for (const name of ["package.json", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "integrity.json", "report.schema.json"]) {
    assert.ok(files.includes(name), name);
  }
  for (const path of Object.keys(integrity)) assert.ok(files.includes(path), path);
  assert.deepEqual(files.filter((path) => /\.br$|portal|index\.html|^\./.test(path)), []);

  const manifest = JSON.parse(readFileSync(join(bundle, "package.json"), "utf8"));
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
  for (const target of targets.filter((target) => !target.includes("*"))) {
    assert.ok(existsSync(join(bundle, target)) && files.includes(target.slice(2)), target);
  }
  const cargo = readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8");
  for (const name of ["name", "version", "license", "description"]) {
    assert.equal(manifest[name], new RegExp(`^${name} = "(.*)"$`, "m").exec(cargo)[1], name);
  }
});
