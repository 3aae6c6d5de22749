// What a page can change of the widget's look: the parts and the custom properties of the README.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { answerClassSurvey, at, closeSmallGroup, openCollection, press, scenario, smallGroup } from "./lib.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** Returns what stands between backticks in some lines of the README. */
const quoted = (lines) => [...lines.matchAll(/`([^`]+)`/g)].map((match) => match[1]);

/** Gives every part that the README names a mark of the page's. */
async function markParts(portal) {
  const line = readme.split("\n").find((line) => line.startsWith("Parts, for"));
  const parts = quoted(line).filter((name) => !name.includes("::"));
  await portal.page.evaluate((parts) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(parts.map((part) => `balint-survey::part(${part}) { --mark-${part}: yes }`).join("\n"));
    document.adoptedStyleSheets = [sheet];
  }, parts);
  return parts;
}

/** Returns the parts with that mark on the present screen. */
const marked = (survey) =>
  survey.evaluate((element) => {
    const roots = [element, ...element.shadowRoot.querySelectorAll("balint-report")].map((host) => host.shadowRoot);
    const parts = roots.flatMap((root) => [...root.querySelectorAll("[part]")]);
    return parts.flatMap((part) =>
      part.part.value.split(" ").filter((name) => getComputedStyle(part).getPropertyValue(`--mark-${name}`) === "yes"),
    );
  });

scenario("every part of the README can be styled by the page", async (portal) => {
  const survey = await portal.open();
  const parts = await markParts(portal);
  const seen = new Set(await marked(survey));
  const look = async () => (await marked(survey)).forEach((part) => seen.add(part));
  await press(survey, "Start");
  await press(survey, "Continue");
  await survey.locator(".error-summary").waitFor();
  await look();
  for (const part of ["Stressful experiences", "Talking about them, and effects", "Check your answers"]) {
    await press(survey, "Leave them out and continue");
    await at(survey, part);
    if (part !== "Check your answers") await press(survey, "Continue");
  }
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  await look();

  const group = await portal.place(smallGroup);
  await markParts(portal);
  await closeSmallGroup(group);
  await group.locator("balint-report table").first().waitFor();
  (await marked(group)).forEach((part) => seen.add(part));

  const home = await portal.openRemote();
  await markParts(portal);
  (await marked(home)).forEach((part) => seen.add(part));

  const wrong = await portal.place({ instrument: "none" });
  await markParts(portal);
  (await marked(wrong)).forEach((part) => seen.add(part));
  assert.deepEqual([...seen].sort(), parts.sort());
});

const changesTheLook = async (portal) => {
  const survey = await portal.open();
  const style = (selector, property) =>
    survey.evaluate(
      (element, [selector, property]) =>
        getComputedStyle(element.shadowRoot.querySelector(selector)).getPropertyValue(property),
      [selector, property],
    );
  const cases = [
    ["--survey-accent-color", "rgb(1, 2, 3)", ".primary", "background-color"],
    ["--survey-on-accent-color", "rgb(4, 5, 6)", ".primary", "color"],
    ["--survey-background-color", "rgb(7, 8, 9)", "div", "background-color"],
    ["--survey-font-family", "Courier", ".survey", "font-family"],
    ["--survey-padding", "11px", ".survey", "padding-top"],
    ["--survey-radius", "13px", ".primary", "border-top-left-radius"],
  ];
  const rows = readme.split("\n").filter((line) => line.startsWith("| `--survey-"));
  assert.deepEqual(cases.map(([name]) => name), rows.map((row) => quoted(row)[0]));
  for (const [name, value, selector, property] of cases) {
    assert.notEqual(await style(selector, property), value, name);
    await survey.evaluate((element, [name, value]) => element.style.setProperty(name, value), [name, value]);
    assert.equal(await style(selector, property), value, name);
  }
};

// Without motion, so that a colour changes at once.
scenario("every custom property of the README changes the look", changesTheLook, { reducedMotion: "reduce" });

scenario("a person who stops in a group leaves nothing to the next", async (portal) => {
  const survey = await portal.place(smallGroup);
  await openCollection(survey, 8);
  await press(survey, "Start");
  await survey.getByLabel("Fourth").check();
  await press(survey, "Stop and erase my answers");
  await at(survey, "Thank you");
  assert.equal(await survey.locator("input").count(), 0);
  await press(survey, "I am the next person");
  await press(survey, "Start");
  await at(survey, "Part 1 of 3");
  assert.equal(await survey.locator("input:checked").count(), 0);
  await press(survey, "Back");
  await answerClassSurvey(survey);
  await press(survey, "Add my answers");
  await at(survey, "Thank you");
});
