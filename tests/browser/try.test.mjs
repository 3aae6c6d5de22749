// The page for authors: a definition beside its survey.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import axe from "axe-core";

import { at, choose, press, scenario } from "./lib.mjs";

const example = readFileSync(new URL("../../www/example-survey.json", import.meta.url), "utf8");
const good = "No problems: “Teaching on the wards” can be shown.";

async function open(portal) {
  await portal.page.goto(new URL("try.html", portal.server.url).href);
  await portal.page.getByText(good).waitFor();
  return portal.page;
}

async function write(page, change) {
  const text = page.getByLabel("The survey as JSON");
  await text.fill(change(await text.inputValue()));
}

scenario("an author starts from the example, and sees each change in the live survey", async (portal) => {
  const page = await open(portal);
  const survey = page.locator("balint-survey");
  assert.equal(await page.getByLabel("The survey as JSON").inputValue(), example);
  await at(survey, "Teaching on the wards");
  await press(survey, "Start");
  await choose(survey, "Surgery");
  await write(page, (text) => text.replace('"title": "Teaching on the wards"', '"title": "Teaching in the operating theatre"'));
  await at(survey, "Teaching in the operating theatre");
  await press(survey, "Start");
  assert.equal(await survey.getByLabel("Surgery").isChecked(), false, "what was tried is forgotten");
});

scenario("every mistake is named with its line, and leads to it with the keyboard", async (portal) => {
  const page = await open(portal);
  await write(page, (text) => text.replace('"kind": "multi"', '"kind": "many"').replace('["sessions"', '["sessions"').replace('"r": 0.42', '"r": 42'));
  await page.getByText("2 problems. The survey cannot be shown like this.").waitFor();
  const problems = page.locator(".problems li");
  const lines = example.split("\n");
  const kind = lines.findIndex((line) => line.includes('"kind": "multi"')) + 1;
  assert.deepEqual(await problems.allTextContents(), [
    `Line ${kind} item "reasons": kind is "many"; expected single, likert, multi, open`,
    `Line ${lines.findIndex((line) => line.includes('"r": 0.42')) + 1} reference, correlation "c1": r is another number; expected one from -1 to 1`,
  ]);
  await page.getByRole("button", { name: `Line ${kind}` }).focus();
  await page.keyboard.press("Enter");
  const selected = await page.evaluate(() => {
    const { value, selectionStart, selectionEnd, id } = document.activeElement;
    return { id, line: value.slice(selectionStart, selectionEnd) };
  });
  assert.deepEqual(selected, { id: "text", line: lines[kind - 1].replace("multi", "many") });
  await page.getByText("The survey as it was before the problems.").waitFor();
  assert.equal(await page.getByRole("button", { name: "its codebook", exact: true }).isDisabled(), true);
});

scenario("what is no JSON is named with line and column", async (portal) => {
  const page = await open(portal);
  await write(page, () => '{\n  "id": "a",\n  "id": "b"\n}');
  await page.getByText("1 problem. The survey cannot be shown like this.").waitFor();
  assert.match(await page.locator(".problems").textContent(), /^Line 3 column \d+: the field "id" is there twice/);
});

scenario("the text survives a reload, and the answers do not", async (portal) => {
  const page = await open(portal);
  const survey = page.locator("balint-survey");
  await write(page, (text) => text.replace("Teaching on the wards", "A title of our own"));
  await at(survey, "A title of our own");
  await press(survey, "Start");
  await choose(survey, "Paediatrics", "Never");
  await page.reload();
  await at(survey, "A title of our own");
  const kept = await page.evaluate(() => Object.entries({ ...sessionStorage, ...localStorage }));
  assert.deepEqual(kept, [["balint-survey-definition", example.replace("Teaching on the wards", "A title of our own")]]);
});

scenario("an author starts from a built-in survey or a file, and can take that back", async (portal) => {
  const page = await open(portal);
  const survey = page.locator("balint-survey");
  await page.getByRole("button", { name: "the follow-up survey" }).click();
  await at(survey, "Post-program follow-up survey");
  await page.getByRole("button", { name: "Take back what was there" }).click();
  await at(survey, "Teaching on the wards");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "a file …" }).click()]);
  await chooser.setFiles({ name: "own.json", mimeType: "application/json", buffer: Buffer.from(example.replace("on the wards", "at night")) });
  await at(survey, "Teaching at night");
  const [second] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "a file …" }).click()]);
  await second.setFiles({ name: "mark.json", mimeType: "application/json", buffer: Buffer.from(`\ufeff${example}`) });
  await page.getByText(/^mark\.json: line 1, column 1: a byte order mark/).waitFor();
  await at(survey, "Teaching on the wards");
});

scenario("the survey and its codebook are downloaded", async (portal) => {
  const page = await open(portal);
  for (const [name, file, pattern] of [
    ["the survey", "teaching-on-the-wards.json", /^\{\n {2}"id": "teaching-on-the-wards"/],
    ["its codebook", "teaching-on-the-wards-codebook.html", /^<!doctype html>/],
    ["its codebook as JSON", "teaching-on-the-wards-codebook.json", /^\{\n {2}"instrument": "teaching-on-the-wards"/],
  ]) {
    const button = page.getByRole("group", { name: "Download" }).getByRole("button", { name, exact: true });
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    assert.equal(download.suggestedFilename(), file);
    assert.match(readFileSync(await download.path(), "utf8"), pattern);
  }
});

for (const width of [320, 1280]) {
  scenario(`axe-core finds nothing on the page for authors, and it does not scroll sideways, at ${width} px`, async (portal) => {
    const page = await open(portal);
    for (const state of ["good", "bad"]) {
      if (state === "bad") {
        await write(page, (text) => text.replaceAll('"kind"', '"kinds"'));
        await page.getByText(/^\d+ problems/).waitFor();
      }
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
        const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
        const { violations, passes } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), rules);
        assert.ok(passes.length > 10);
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), [], `${state}, ${colorScheme}`);
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(tooWide, 0, `${state}, ${colorScheme}`);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/try-${width}-${state}-${colorScheme}.png`, fullPage: true });
      }
    }
  }, { reducedMotion: "reduce", viewport: { width, height: 900 } });
}
