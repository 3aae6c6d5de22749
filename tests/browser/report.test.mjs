// The page for coordinators: releases and responses in, one report out, and nothing of either to anybody.

import assert from "node:assert/strict";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";

import { data, everything, makeRelease, openReports, press, run, scenario, tables } from "./lib.mjs";
import { validate } from "./schema.mjs";

const folder = mkdtempSync(join(tmpdir(), "balint-report-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const responses = readFileSync(data("stress_46.csv"), "utf8");
const [header, ...rows] = responses.trimEnd().split("\n");
const synthetic = "Synthetic data: nobody gave these answers.";

/** Writes a file, and returns where it is. */
function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Writes a release of the synthetic class survey, or of the group's, under the name of its collection. */
function release(collection, policy = "published", source = "stress_46.csv") {
  return file(`${collection}.json`, makeRelease(source, policy, collection, "--eligible", "290"));
}

/** Chooses files, and waits until they are read. */
async function add(report, paths, label = "Releases and responses") {
  await report.getByLabel(label, { exact: true }).setInputFiles(paths);
  await report.locator("progress").waitFor({ state: "detached" });
}

/** Drops a file on the page, as from the desktop. */
async function drop(report, path) {
  const transfer = await report.page().evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      return transfer;
    },
    [basename(path), readFileSync(path, "utf8")],
  );
  const zone = report.locator(".drop").first();
  for (const type of ["dragenter", "dragover", "drop"]) await zone.dispatchEvent(type, { dataTransfer: transfer });
}

/** Waits for the sentence that says who answered. */
async function lead(report, words) {
  await report.locator(".report-lead", { hasText: words }).waitFor();
}

/** Returns what is shown of the files that were refused. */
function refusals(report) {
  return report.locator(".refusals li").allTextContents();
}

/** Returns the cells of the row with that name in the table with that caption. */
async function row(report, caption, name) {
  const table = (await tables(report)).find((table) => table.caption === caption);
  assert.ok(table, caption);
  const found = table.rows.find((row) => row.name === name);
  assert.ok(found, `${caption}: ${name}`);
  return found.cells;
}

/** Presses a button that saves a file, and returns it. */
async function download(report, label) {
  const [saved] = await Promise.all([report.page().waitForEvent("download"), press(report, label)]);
  return { name: saved.suggestedFilename(), path: await saved.path(), text: await readFile(await saved.path(), "utf8") };
}

/** Returns the records of a CSV file (RFC 4180), each an object by the names of the header. */
function parseCsv(text) {
  const records = [];
  let record = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    if (record.length > 1) records.push(record);
    record = [];
  }
  const [names, ...lines] = records;
  for (const line of lines) assert.equal(line.length, names.length, line.join());
  return lines.map((line) => Object.fromEntries(line.map((cell, i) => [names[i], cell])));
}

scenario("the worked example shows the tables and the correlations that the study published, marked as synthetic", async (portal) => {
  const report = await openReports(portal);
  assert.equal(await report.locator("table").count(), 0);
  await press(report, "Class survey");
  await lead(report, "Respondents: 46 of 290 eligible; response rate 15.9%");
  await report.locator(".report-first", { hasText: synthetic }).waitFor();
  await report.locator(".sources", { hasText: "synthetic-class-survey: 46 respondents, synthetic" }).waitFor();
  const figures = async (caption, name) => (await row(report, caption, name)).slice(0, 2);
  assert.deepEqual(await figures("Table 1. Respondents", "Female"), ["34", "79%"]);
  assert.deepEqual(await figures("Table 1. Respondents", "21 – 25"), ["24", "52%"]);
  assert.deepEqual(await figures("Table 2. Responses", "1 – 4"), ["22", "48%"]);
  assert.deepEqual(await figures("Table 2. Responses", "5 – 8"), ["14", "30%"]);
  assert.deepEqual(await figures("Table 2. Responses", ">8"), ["10", "22%"]);
  const planned = (await tables(report)).find((table) => table.caption.startsWith("Correlations"));
  assert.deepEqual(planned.columns, ["Variables", "n", "r", "95% CI", "t (df)", "p", "p, Holm", "p, permutation"]);
  assert.deepEqual(planned.rows.map(({ cells: [n, r] }) => [n, r]), [["43", ".31"], ["46", "−.40"], ["46", ".37"]]);
  const [, , , , p, , permutation] = planned.rows[0].cells;
  assert.deepEqual([p, permutation], [".046", ".073"]);
});

scenario("every file that the example is saved as says that it is synthetic, and is what its name says", async (portal) => {
  const report = await openReports(portal);
  await press(report, "Class survey");
  await lead(report, "46 of 290");
  await report.getByLabel("Compare with").selectOption("study");
  await report.getByRole("heading", { name: /^Comparison with/ }).waitFor();

  const saved = {};
  for (const [label, extension] of [["Web page", "html"], ["Markdown", "md"], ["CSV", "csv"], ["JSON", "json"], ["Text", "txt"]]) {
    saved[extension] = await download(report, label);
    assert.equal(saved[extension].name, `stress-experience-report.${extension}`);
    assert.ok(saved[extension].text.includes(synthetic), label);
  }
  const json = JSON.parse(saved.json.text);
  assert.deepEqual(validate(json), []);
  assert.equal(json.respondents, 46);
  assert.ok(json.comparison.tests.length > 0);

  const lines = parseCsv(saved.csv.text);
  const { count, percent, compared } = lines.find((line) => line.id === "experiences" && line.category === "1-4");
  assert.deepEqual([count, Number(percent).toFixed(1), Number(compared).toFixed(1)], ["22", "47.8", "47.8"]);
  assert.equal(lines.filter((line) => line.part === "correlation").length, 3);

  assert.match(saved.md.text, /^# /);
  assert.match(saved.md.text, /\n## Table 2\. Responses\n\n\| Answer \| n \| % \|/);
  assert.match(saved.txt.text, /Respondents: 46 of 290 eligible; response rate 15\.9%/);
  assert.match(saved.txt.text, /1 – 4 +22 +48%/);

  const file = await download(report, "The release");
  assert.equal(file.name, "synthetic-class-survey.json");
  assert.deepEqual(JSON.parse(file.text).collections ?? [JSON.parse(file.text).collection], ["synthetic-class-survey"]);

  // The page that was saved stands alone: it asks for nothing but itself.
  const page = await portal.context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const copy = join(folder, saved.html.name);
  writeFileSync(copy, saved.html.text);
  await page.goto(pathToFileURL(copy).href);
  assert.deepEqual(requests, [pathToFileURL(copy).href]);
  assert.deepEqual(complaints, []);
  assert.equal(await page.locator("script, link, img, iframe, [src], [onload]").count(), 0);
  assert.doesNotMatch(saved.html.text, /url\(|@import|https?:\/\/(?!www\.w3\.org\/)/);
  await page.locator(".report-first", { hasText: synthetic }).waitFor();
  assert.ok((await page.locator("svg").count()) >= 6);
  assert.deepEqual(await tables(page), await tables(report));
});

scenario("a release is shown whether it is dropped or chosen, and two collections are merged", async (portal) => {
  const [one, two] = [release("spring"), release("autumn")];
  const report = await openReports(portal);
  await drop(report, one);
  await lead(report, "Respondents: 46 of 290 eligible");
  assert.deepEqual((await row(report, "Table 2. Responses", "1 – 4")).slice(0, 2), ["22", "48%"]);
  await add(report, [two]);
  await lead(report, "Respondents: 92 of 580 eligible; response rate 15.9%");
  assert.deepEqual((await row(report, "Table 2. Responses", "1 – 4")).slice(0, 2), ["44", "48%"]);
  assert.deepEqual(await report.locator(".sources span").allTextContents(), [
    "spring: 46 respondents, from spring.json",
    "autumn: 46 respondents, from autumn.json",
  ]);
  await press(report, "Remove spring");
  await lead(report, "Respondents: 46 of 290 eligible");
  await press(report, "Start over");
  assert.equal(await report.locator("table").count(), 0);
});

scenario("a release that does not fit is refused whole, with its name and the reason, and what was shown stays", async (portal) => {
  const shown = release("shown");
  const report = await openReports(portal);
  await add(report, [shown]);
  await lead(report, "46 of 290");
  const before = await report.locator(".document").innerHTML();
  const json = readFileSync(shown, "utf8");
  const cases = [
    [file("again.json", json), /^again\.json: .*shown/],
    [release("group", "published", "post_6.csv"), /^group\.json: .*post-program/],
    [release("standard", "standard"), /^standard\.json: .*standard/],
    [file("broken.json", json.slice(0, 400)), /^broken\.json: .*line \d+/],
    [file("changed.json", json.replace('"eligible": 290', '"eligible": 12')), /^changed\.json: /],
    [file("list.json", "[]"), /^list\.json: /],
    [file("empty.json", ""), /^empty\.json: /],
  ];
  for (const [path, expected] of cases) {
    await add(report, [path]);
    const found = await refusals(report);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0], expected);
    assert.equal(await report.locator(".document").innerHTML(), before);
    assert.deepEqual(await report.locator(".sources span").allTextContents(), ["shown: 46 respondents, from shown.json"]);
    console.log(`refused: ${found[0]}`);
  }
  // One bad file does not keep a good one out.
  await add(report, [cases[3][0], release("good")]);
  await lead(report, "92 of 580");
  assert.equal((await refusals(report)).length, 1);
});

/** Returns what the browser keeps for this page. */
const stored = () =>
  Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()]).then((lists) => [
    ...lists.flat(),
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    document.cookie,
  ]);

scenario("responses are counted in the page under the chosen policy; nothing is sent and nothing is stored", async (portal) => {
  const report = await openReports(portal);
  await portal.page.waitForLoadState("networkidle");
  const requests = portal.log.requests.length;
  await report.getByText(/^For responses \(\.csv\)/).click();
  await report.getByLabel("People who could answer").fill("290");
  await add(report, [data("stress_46.csv")]);
  await lead(report, "Respondents: 46 of 290 eligible");
  await report.locator(".sources", { hasText: "stress_46: 46 respondents, counted here from stress_46.csv" }).waitFor();
  // Standard, which pools the ages and rounds r.
  assert.deepEqual((await row(report, "Table 1. Respondents", "26 or over")).slice(0, 2), ["22", "48%"]);
  await press(report, "Start over");
  await report.getByLabel("Policy").selectOption("published");
  await add(report, [data("stress_46.csv")]);
  await lead(report, "Respondents: 46 of 290 eligible");
  assert.deepEqual((await row(report, "Correlations (Pearson, planned)", (await tables(report))[2].rows[0].name))[6], ".073");
  await press(report, "Start over");
  await report.getByLabel("Policy").selectOption("strict");
  await add(report, [data("stress_46.csv")]);
  await lead(report, "Respondents: 46 of 290 eligible");
  // Whatever is withheld is named in words, not by its id.
  const withheld = await report.getByText(/^Not shown \(withheld, so that nobody can be recognised\)/).textContent();
  assert.match(withheld, /Female sex × Number of potential effects/);
  assert.doesNotMatch(withheld, /\bc[1-3]\b/);
  await press(report, "Start over");
  await report.getByLabel("Policy").selectOption("small-group");
  await add(report, [data("stress_46.csv")]);
  await lead(report, "Respondents: 10 or more of 290 eligible");
  assert.deepEqual(await refusals(report), []);
  await download(report, "JSON");
  await press(report, "Start over");
  await report.getByLabel("People who could answer").fill("many");
  await add(report, [data("stress_46.csv")]);
  assert.match((await refusals(report))[0], /^stress_46\.csv: People who could answer: found "many"; expected a whole number/);

  assert.deepEqual(portal.log.requests.slice(requests).map((request) => request.url()).filter((url) => !url.startsWith("blob:")), []);
  assert.deepEqual((await portal.page.evaluate(stored)).filter(Boolean), []);
  assert.deepEqual(await portal.context.cookies(), []);
});

scenario("nine responses are refused under the standard policy, and not one figure is shown", async (portal) => {
  const report = await openReports(portal);
  await add(report, [file("nine.csv", [header, ...rows.slice(0, 9)].join("\n"))]);
  const [refusal] = await refusals(report);
  assert.match(refusal, /^nine\.csv: .*fewer than 10 respondents/);
  assert.equal(await report.locator("table, .document, svg").count(), 0);
  assert.doesNotMatch(refusal, /\b9\b|\bnine\b(?!\.csv)/);
});

scenario("responses with anything wrong are refused whole, with the place, what was found and what was expected", async (portal) => {
  const report = await openReports(portal);
  await press(report, "Class survey");
  await lead(report, "46 of 290");
  const before = await report.locator(".document").innerHTML();
  const lines = [header, ...rows];
  const changed = (number, change) => lines.map((line, i) => (i === number - 1 ? change(line) : line)).join("\n");
  const cell = (line, place, value) => line.split(",").map((found, i) => (i === place ? value : found)).join(",");
  const cases = {
    "code.csv": [changed(30, (line) => cell(line, 2, "21–25")), /line 30, column "age": unknown code "21–25"; expected 21-25, 26-30/],
    "tick.csv": [changed(12, (line) => cell(line, 14, "yes")), /line 12, column "effects___cynicism": found "yes"; expected 0 or 1/],
    "short.csv": [changed(5, (line) => line.split(",").slice(0, 4).join(",")), /line 5: 4 cells; expected 22/],
    "semicolons.csv": [lines.join("\n").replaceAll(",", ";"), /line 1.*separated by ';'; expected commas/],
    "column.csv": [lines.map((line) => line.split(",").slice(1).join(",")).join("\n"), /line 1: absent from the header: year/],
    "unknown.csv": [lines.map((line, i) => `${line},${i ? 1 : "name"}`).join("\n"), /line 1, column "name": unknown column/],
    "twice.csv": [lines.map((line) => `${line},${line.split(",")[0]}`).join("\n"), /line 1, column "year": the column is there twice/],
    "picture.csv": [readFileSync(new URL("../picture.png", import.meta.url)), /line 1: .*expected/],
    "latin.csv": [Buffer.from(changed(8, (line) => cell(line, 1, "männlich")), "latin1"), /line 8.*not UTF-8; expected/],
    "quote.csv": [`${lines.join("\n")}\n"${"x,".repeat(1_200_000)}`, /line 48: no end of the line within \d+ bytes; expected/],
    "empty.csv": ["", /line 1: .*expected/],
    "other.csv": ["name,answer\nx,1\n", /line 1: no column of any survey; expected the columns of stress-experience or post-program/],
  };
  for (const [name, [content, expected]] of Object.entries(cases)) {
    await add(report, [file(name, content)]);
    const found = await refusals(report);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0].startsWith(`${name}: `), found[0]);
    assert.match(found[0], expected);
    assert.equal(await report.locator(".document").innerHTML(), before, name);
    console.log(`refused: ${found[0].slice(0, 200)}`);
  }
  // Too large for a release, whatever it holds, and not even read.
  const large = file("responses.json", Buffer.alloc(75 * 1_048_576, "0,"));
  await add(report, [large]);
  assert.match((await refusals(report))[0], /^responses\.json: found 75 MB; expected a release, of 1 MB at most, or responses in a \.csv file/);
  rmSync(large);
  assert.equal(await report.locator(".document").innerHTML(), before);
  // The next good attempt takes the refusals away.
  await press(report, "Balint group");
  await lead(report, "Respondents: 6 of 10 eligible");
  assert.deepEqual(await refusals(report), []);
});

const million = 1_000_000;

/** Writes a million responses, and returns where they are. */
async function writeMillion(name) {
  const path = join(folder, name);
  const stream = createWriteStream(path);
  stream.write(`${header}\n`);
  const block = `${rows.join("\n")}\n`.repeat(100);
  const size = rows.length * 100;
  for (let done = 0; done < million; done += size) {
    const rest = Math.min(size, million - done);
    const text = rest === size ? block : `${Array.from({ length: rest }, (_, i) => rows[i % rows.length]).join("\n")}\n`;
    if (!stream.write(text)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  await new Promise((resolve) => stream.end(resolve));
  return path;
}

/** Starts to measure how long the page is without a frame, and where the progress bar is in each. */
function watchFrames() {
  const watch = { gap: 0, long: 0, values: new Set(), isOn: false, started: 0, ended: 0 };
  window.watch = watch;
  const root = document.querySelector("balint-report").shadowRoot;
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    const bar = root.querySelector("progress");
    if (bar) {
      if (watch.started) watch.gap = Math.max(watch.gap, now - last);
      else watch.started = now;
      watch.values.add(bar.value);
    } else if (watch.started && !watch.ended) {
      watch.gap = Math.max(watch.gap, now - last);
      watch.ended = now;
    }
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) if (watch.started && !watch.ended) watch.long = Math.max(watch.long, duration);
  }).observe({ type: "longtask" });
}

/** Returns how many bytes the page's WebAssembly and JavaScript take. */
async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const wasm = await page.evaluate(async () => {
    const module = await import(new URL("pkg/balint_report.js", location.href).href);
    return (await module.default()).memory.buffer.byteLength;
  });
  return { wasm, heap: metrics.find(({ name }) => name === "JSHeapUsedSize").value };
}

scenario("a million responses become a report while the page stays alive, in bounded memory", async (portal) => {
  const path = await writeMillion("million.csv");
  const report = await openReports(portal);
  await portal.page.waitForLoadState("networkidle");
  const requests = portal.log.requests.length;
  const before = await memory(portal.page);
  await portal.page.evaluate(watchFrames);
  await report.getByLabel("Releases and responses", { exact: true }).setInputFiles(path);
  await report.locator(".report-lead", { hasText: "Respondents: 1000000" }).waitFor({ timeout: 120_000 });
  const after = await memory(portal.page);
  const watched = await portal.page.evaluate(() => ({ ...window.watch, values: [...window.watch.values] }));
  rmSync(path);

  const seconds = (watched.ended - watched.started) / 1000;
  const megabytes = (bytes) => (bytes / 1_048_576).toFixed(1);
  console.log(
    `a million rows: ${seconds.toFixed(1)} s, ${Math.round(million / seconds)} rows/s; longest time without a frame ` +
      `${watched.gap.toFixed(0)} ms, longest task ${watched.long.toFixed(0)} ms; WebAssembly ${megabytes(before.wasm)} to ` +
      `${megabytes(after.wasm)} MB, JavaScript ${megabytes(before.heap)} to ${megabytes(after.heap)} MB`,
  );
  assert.ok(watched.values.length > 20, `the bar was at ${watched.values.join(", ")}`);
  assert.deepEqual(watched.values, watched.values.toSorted((a, b) => a - b), "the bar only grows");
  assert.ok(watched.gap < 200, `${watched.gap} ms without a frame`);
  assert.ok(after.wasm - before.wasm < 16 * 1_048_576, `WebAssembly grew by ${after.wasm - before.wasm} bytes`);
  assert.ok(after.heap - before.heap < 16 * 1_048_576, `JavaScript grew by ${after.heap - before.heap} bytes`);
  const [percent] = (await row(report, "Table 2. Responses", "1 – 4")).slice(1);
  assert.equal(percent, "48%");
  assert.deepEqual(portal.log.requests.slice(requests).map((request) => request.url()), []);
});

scenario("Cancel stops a file in the middle, and nothing of it is kept", async (portal) => {
  const path = await writeMillion("cancelled.csv");
  const report = await openReports(portal);
  await report.getByLabel("Releases and responses", { exact: true }).setInputFiles(path);
  await report.getByText("Reading cancelled.csv").waitFor();
  await portal.page.waitForFunction(() => document.querySelector("balint-report").shadowRoot.querySelector("progress")?.value >= 10);
  await press(report, "Cancel");
  await report.locator("progress").waitFor({ state: "detached" });
  assert.deepEqual(await refusals(report), ["cancelled.csv: cancelled; nothing of it is kept"]);
  assert.equal(await report.locator("table, .document, .sources").count(), 0);
  rmSync(path);
  // The page takes the next file as if nothing had been.
  await add(report, [data("stress_46.csv")]);
  await lead(report, "Respondents: 46");
  assert.deepEqual(await refusals(report), []);
});

scenario("a report can be compared with the study, and with other releases", async (portal) => {
  const report = await openReports(portal);
  await add(report, [release("ours")]);
  await lead(report, "46 of 290");
  const compare = report.getByLabel("Compare with", { exact: true });
  await compare.selectOption("study");
  const heading = report.getByRole("heading", { name: /^Comparison with .*\(n\s=\s46\)$/ });
  await heading.waitFor();
  const study = (await tables(report)).find((table) => table.caption.startsWith("Comparison with"));
  assert.deepEqual(study.columns, ["Difference", "Test", "Statistic", "p", "p, Holm", "Effect"]);
  assert.ok(study.rows.length > 10);
  assert.ok((await report.locator("svg .chart-marker").count()) > 10);
  assert.deepEqual((await row(report, "Table 2. Responses", "1 – 4")).slice(3), ["22", "48%"]);

  await compare.selectOption("releases");
  await heading.waitFor({ state: "detached" });
  assert.equal(await report.locator("svg .chart-marker").count(), 0);
  await add(report, [release("theirs", "published", "post_6.csv")], "Releases and responses to compare with");
  assert.match((await refusals(report))[0], /^theirs\.json: .*post-program; expected one of stress-experience, to compare it with/);
  const fewer = file("fewer.csv", [header, ...rows.slice(0, 20)].join("\n"));
  await report.getByText(/^For responses \(\.csv\)/).click();
  await report.getByLabel("Policy").selectOption("published");
  await add(report, [fewer], "Releases and responses to compare with");
  await report.getByRole("heading", { name: "Comparison with fewer (n = 20)" }).waitFor();
  assert.ok((await report.locator("svg .chart-marker").count()) > 10);
  // The same collection on both sides is no comparison.
  await add(report, [join(folder, "ours.json")], "Releases and responses to compare with");
  assert.match((await refusals(report))[0], /^ours\.json: .*ours/);
  await report.getByRole("heading", { name: "Comparison with fewer (n = 20)" }).waitFor();

  // Another example begins anew, and the choice says so.
  await press(report, "Balint group");
  await lead(report, "6 of 10");
  assert.equal(await compare.inputValue(), "nothing");
  assert.equal(await report.getByRole("heading", { name: /^Comparison/ }).count(), 0);
});

scenario("what only the coordinator knows appears in the report, and what is wrong is named", async (portal) => {
  const report = await openReports(portal);
  await add(report, [release("facts")]);
  await lead(report, "46 of 290");
  await report.getByText(/^Add what only you know/).click();
  const fill = async (label, text) => {
    await report.getByLabel(label).fill(text);
    await report.getByLabel(label).blur();
  };
  await fill("People at each session", "7, 2, 5, 6, 2, 3, 2, 7");
  await report.getByText("8 sessions; median 4.0, range 2–7.").waitFor();
  await fill("First day", "2014-01-13");
  await fill("Last day", "2014-02-23");
  await report.locator("dl", { hasText: "The survey was open from 2014-01-13 to 2014-02-23 (42 days)." }).waitFor();
  await fill("Reminders sent", "2");
  await fill("Note to the reader", "A <b>trial</b> & nothing more.");
  await report.locator(".report-first", { hasText: "A <b>trial</b> & nothing more." }).waitFor();
  const { fieldwork, attendance } = JSON.parse((await download(report, "JSON")).text);
  assert.deepEqual(attendance, { sessions: 8, median: 4, least: 2, most: 7 });
  assert.deepEqual([fieldwork.opened, fieldwork.closed, fieldwork.reminders], ["2014-01-13", "2014-02-23", 2]);

  const before = await report.locator(".document").innerHTML();
  for (const [label, wrong, words, right] of [
    ["People at each session", "7, two", 'attendance: found "two"; expected whole numbers, such as 7, 2, 5', "7, 2, 5, 6, 2, 3, 2, 7"],
    ["Reminders sent", "-1", 'reminders: found "-1"; expected a whole number from 0 on', "2"],
    ["Last day", "2014-01-01", "closed: found 2014-01-01; expected a day not before 2014-01-13", "2014-02-23"],
  ]) {
    await fill(label, wrong);
    await report.locator(".facts [role=alert]", { hasText: words }).waitFor();
    assert.equal(await report.locator(".document").innerHTML(), before, label);
    await fill(label, right);
    await report.locator(".facts [role=alert]", { hasText: words }).waitFor({ state: "detached" });
  }
});

/** Returns what has the focus, and whether that can be seen. */
const focused = (page) =>
  page.evaluate(() => {
    const active = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(active);
    const name = active.id || active.textContent.trim().slice(0, 40) || active.localName;
    return { name, className: active.className, isVisible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
  });

/** Presses a key until the element with that name has the focus, which can be seen all the way. */
async function walk(page, key, name) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press(key);
    const found = await focused(page);
    if (found.name === name) return assert.ok(found.isVisible, `the focus on ${name} can be seen`);
  }
  assert.fail(`no ${name} within 60 steps`);
}

scenario("with the keyboard alone one gets from the example through a comparison to the downloads", async (portal) => {
  const { page } = portal;
  const report = await openReports(portal);
  await walk(page, "Tab", "Class survey");
  await page.keyboard.press("Enter");
  await report.locator(".document:focus").waitFor();
  assert.match((await focused(page)).className, /document/);
  await walk(page, "Shift+Tab", "compare");
  await page.keyboard.press("ArrowDown");
  await report.getByRole("heading", { name: /^Comparison with/ }).waitFor();
  await walk(page, "Tab", "JSON");
  const [saved] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.equal(saved.suggestedFilename(), "stress-experience-report.json");
  assert.deepEqual(validate(JSON.parse(await readFile(await saved.path(), "utf8"))), []);
  // A table that scrolls can be scrolled.
  await walk(page, "Tab", (await focused(page)).name === "JSON" ? "Print" : "JSON");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).className, "report-scroll");
});

scenario("focus goes to the report when a file was added, and stays where it is when one was refused", async (portal) => {
  const report = await openReports(portal);
  await report.getByLabel("Releases and responses", { exact: true }).focus();
  await add(report, [file("bad.json", "{")]);
  assert.equal(await report.locator(".document:focus").count(), 0);
  await report.getByRole("alert").filter({ hasText: "bad.json" }).waitFor();
  await add(report, [release("focus")]);
  await report.locator(".document:focus").waitFor();
});

/** Puts releases into the portal's store. */
async function keep(portal, ...collections) {
  for (const [collection, policy, source] of collections) {
    const body = readFileSync(release(collection, policy, source), "utf8");
    assert.equal((await portal.api(`releases/${collection}`, { method: "PUT", body })).status, 201, collection);
  }
}

scenario("the portal's own releases are listed, and can be added", async (portal) => {
  await keep(portal, ["year-3", "standard"], ["year-4", "standard"], ["group-1", "small-group", "post_6.csv"]);
  const report = await openReports(portal);
  await report.getByText("Kept by the portal: 3").click();
  assert.equal(await report.locator("table").count(), 0);
  await press(report, "Add year-3");
  await lead(report, "Respondents: 46 of 290 eligible");
  await press(report, "Add year-4");
  await lead(report, "Respondents: 92 of 580 eligible");
  await report.locator(".sources", { hasText: "year-4: 46 respondents, from the portal" }).waitFor();
  for (const again of ["first", "second"]) {
    await press(report, "Add group-1");
    assert.equal((await refusals(report)).length, 1, again);
  }
  assert.match((await refusals(report))[0], /^group-1: /);
  await lead(report, "Respondents: 92 of 580 eligible");
});

scenario("a link with the name of a survey shows its releases at once", async (portal) => {
  await keep(portal, ["year-3", "standard"], ["year-4", "standard"], ["group-1", "small-group", "post_6.csv"]);
  const report = await openReports(portal, "?instrument=stress-experience");
  await lead(report, "Respondents: 92 of 580 eligible");
  assert.deepEqual(await refusals(report), []);
  const group = await openReports(portal, "?instrument=post-program");
  await lead(group, "Respondents: 5–9 of 290 eligible");
  const none = await openReports(portal, "?instrument=none");
  await none.getByText("Kept by the portal: 3").waitFor();
  assert.equal(await none.locator("table").count(), 0);
});

scenario(
  "a list of releases that cannot be had is said, and files are read all the same",
  async (portal) => {
    await portal.page.route("**/api/releases", (route) => route.abort());
    const report = await openReports(portal);
    await report.getByText("The portal’s releases could not be loaded: it cannot be reached.").waitFor();
    await add(report, [release("alone")]);
    await lead(report, "46 of 290");
  },
  { mayLog: [/net::ERR_FAILED/] },
);

scenario("a file that misses the place for it does not take the report away", async (portal) => {
  const report = await openReports(portal);
  await press(report, "Class survey");
  await lead(report, "46 of 290");
  const isPrevented = await portal.page.locator("h1").evaluate((heading) => {
    const events = ["dragover", "drop"].map((type) => new DragEvent(type, { bubbles: true, cancelable: true }));
    return events.map((event) => !heading.dispatchEvent(event));
  });
  assert.deepEqual(isPrevented, [true, true]);
});

scenario("an element with a release shows its report alone, and says what is wrong with one that is none", async (portal) => {
  await openReports(portal);
  const place = async (release) => {
    await portal.page.evaluate((release) => {
      const element = document.createElement("balint-report");
      element.setAttribute("release", release);
      document.querySelector("balint-report").replaceWith(element);
    }, release);
    return portal.page.locator("balint-report");
  };
  const report = await place(readFileSync(release("alone"), "utf8"));
  await lead(report, "46 of 290");
  assert.equal(await report.getByRole("button").count(), 0);
  assert.equal(await report.locator("input").count(), 0);
  await report.evaluate((element, json) => element.setAttribute("release", json), readFileSync(release("next", "strict"), "utf8"));
  await report.locator("dl", { hasText: "strict" }).waitFor();
  const wrong = await place("{}");
  await wrong.getByRole("alert").filter({ hasText: "release" }).waitFor();
  assert.equal(await wrong.locator("table").count(), 0);
  assert.doesNotMatch(await everything(wrong), /46/);
});

scenario("the definition of an own survey makes its files understood, and one with mistakes is refused with all of them", async (portal) => {
  const ours = readFileSync(new URL("../../src/instrument/stress-experience.json", import.meta.url), "utf8").replace('"stress-experience"', '"ours"');
  const definition = file("ours.json", ours);
  const responses = file("ours.csv", readFileSync(data("stress_46.csv"), "utf8"));
  const released = file("a-release.json", run("release", "--instrument", definition, "--policy", "published", "--eligible", "290", data("stress_46.csv")));
  const report = await openReports(portal);
  await add(report, [released]);
  assert.match((await refusals(report))[0], /^a-release\.json: .*found "ours"/);
  const broken = file("broken.json", ours.replace('"kind": "multi"', '"kind": "many"').replace('"title": "About you"', '"titel": "About you"'));
  await add(report, [broken]);
  const [refused] = await refusals(report);
  assert.match(refused, /^broken\.json: this is the definition of a survey, with mistakes\nline \d+: section "about-you": title is not there\n/);
  assert.match(refused, /\nline \d+: item "reasons": kind is "many"; expected single, likert, multi, open/);
  // Whatever the order in which they are chosen, the definition is read first.
  await add(report, [released, definition]);
  await lead(report, "Respondents: 46 of 290 eligible");
  await report.getByText("Releases and responses of these are understood, too: “Class-wide stress-experience survey” (ours, version 1)").waitFor();
  await press(report, "Start over");
  await add(report, [responses]);
  await lead(report, "Respondents: 46");
  await report.getByText("ours version 1").first().waitFor();
});
