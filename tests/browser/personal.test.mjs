// The survey on a respondent's own device.

import assert from "node:assert/strict";

import { pick, pressByKey, tabTo } from "./keyboard.mjs";
import {
  answerClassSurvey,
  at,
  choose,
  everything,
  press,
  question,
  questions,
  scenario,
  tables,
  ticked,
} from "./lib.mjs";

/** Returns the last figures of a table's rows, and which rows are the respondent's own. */
function figures(table) {
  return table.rows.map(({ name, chosen, cells }) => [chosen ? `> ${name}` : name, cells.at(-1)]);
}

const unpublished = "–not in the study";

scenario("the class survey can be answered with the keyboard alone, up to the figures of the study", async (portal) => {
  const survey = await portal.open();
  await pressByKey(survey, "Start");
  await at(survey, "Part 1 of 3: About you");
  await pick(survey, "Fourth");
  await pick(survey, "Male");
  await pick(survey, "26 – 30");
  await pressByKey(survey, "Continue");
  await at(survey, "Part 2 of 3");
  await pick(survey, "5 – 8");
  await pressByKey(survey, "Continue");
  await at(survey, "Part 3 of 3");
  await pick(survey, "<50%");
  await pick(survey, "Embarrassment");
  await pick(survey, "Lack of time");
  await pick(survey, "Burnout");
  await pressByKey(survey, "Continue");
  await at(survey, "Check your answers");
  await pressByKey(survey, "See how you compare");
  await at(survey, "You and the study");

  const found = await tables(survey);
  const of = (caption) => found.find((table) => table.caption.startsWith(caption));
  assert.equal(found.length, 7);
  // Table 2 of the paper.
  assert.deepEqual(figures(of("How many clinically-related experiences")), [
    ["None", unpublished],
    ["1 – 4", "48%"],
    ["> 5 – 8", "30%"],
    [">8", "22%"],
  ]);
  assert.deepEqual(figures(of("What proportion")), [
    ["0", "4%"],
    ["> <50%", "37%"],
    [">50%", "59%"],
  ]);
  assert.deepEqual(figures(of("For experiences not discussed")), [
    ["Issue not significant", "50%"],
    ["No one available", "30%"],
    ["Afraid it would negatively affect my grade", "28%"],
    ["> Embarrassment", "26%"],
    ["Fear of ridicule or negative reaction", "22%"],
    ["> Lack of time", "2%"],
    ["Patient confidentiality", "2%"],
    ["None – I discussed all of them", unpublished],
    ["Other (stays on this device)", unpublished],
  ]);
  assert.deepEqual(figures(of("What are potential effects")), [
    ["Cynicism about health care", "96%"],
    ["> Burnout", "87%"],
    ["Decreased motivation", "85%"],
    ["Depression", "59%"],
    ["Change in sleep", "57%"],
    ["Use of unhealthy coping strategies", "37%"],
    ["None of these", unpublished],
    ["Other (stays on this device)", unpublished],
  ]);
  const own = found.flatMap((table) => table.rows).filter((row) => row.cells[0] === "✓your answer");
  assert.deepEqual(
    own.map((row) => [row.name, row.chosen]),
    ["Fourth", "Male", "26 – 30", "5 – 8", "<50%", "Embarrassment", "Lack of time", "Burnout"].map((name) => [name, true]),
  );

  await pressByKey(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
});

scenario("the post-program survey can be answered with the keyboard alone, up to the means of the study", async (portal) => {
  const survey = await portal.place({ instrument: "post-program" });
  const { keyboard } = portal.page;
  await pressByKey(survey, "Start");
  await at(survey, "Part 1 of 3");
  const answers = [4, 3, 2, 1, 5, 3, 4, 2];
  for (const [index, answer] of answers.entries()) {
    const name = `q${index + 1}`;
    await tabTo(survey.locator(`#${name}`));
    if (answer === 1) await keyboard.press("Space");
    for (let step = 1; step < answer; step++) await keyboard.press("ArrowDown");
    assert.ok(await survey.locator(`input[name="${name}"]`).nth(answer - 1).isChecked(), name);
  }
  await pressByKey(survey, "Continue");
  await at(survey, "Part 2 of 3");
  await pick(survey, "Female");
  await pick(survey, "Third");
  await pressByKey(survey, "Continue");
  await at(survey, "Part 3 of 3");
  await tabTo(survey.locator("textarea").first());
  await keyboard.type("typed by key");
  await pick(survey, "Recognizing one's own emotions in encounters");
  for (const open of ["q12", "q13", "q14", "q15"]) {
    await tabTo(survey.locator(`input[name="${open}"]`).last());
    await keyboard.press("Space");
  }
  await pressByKey(survey, "Continue");
  await at(survey, "Check your answers");
  await pressByKey(survey, "See how you compare");
  await at(survey, "You and the study");

  const [statements, ...others] = await tables(survey);
  // Table 3 of the paper.
  assert.deepEqual(statements.rows.map((row) => row.cells[1]), ["4.0", "3.8", "3.8", "3.5", "3.3", "3.5", "3.5", "3.7"]);
  assert.deepEqual(
    statements.rows.map((row) => row.cells[0]),
    ["4", "3", "2", "1", "Not applicable – I did not present", "3", "4", "2"],
  );
  assert.equal(others.length, 7);
  await survey.getByText("typed by key").waitFor();
});

scenario("who had no such experience is not asked about them, and only the next section changes", async (portal) => {
  const survey = await portal.open();
  const headings = [];
  const note = async () => headings.push(await survey.locator(".heading").innerText());
  await press(survey, "Start");
  await choose(survey, "Third", "Female", "21 – 25");
  await note();
  await press(survey, "Continue");
  await at(survey, "Part 2 of 3");
  const structure = () => survey.locator("form").evaluate((form) => form.outerHTML);
  const before = await structure();
  await choose(survey, "1 – 4");
  assert.equal(await structure(), before);
  await choose(survey, "None");
  assert.equal(await structure(), before);
  await note();
  await press(survey, "Continue");
  await at(survey, "Part 3 of 3");
  await note();
  assert.deepEqual(await questions(survey), [
    "What are potential effects of frustrating interpersonal interactions in the work environment?",
  ]);
  await choose(survey, "Burnout");
  await press(survey, "Continue");
  await at(survey, "Check your answers");
  await note();
  assert.deepEqual(await survey.locator("dt").allTextContents(), [
    "Year in school",
    "Sex",
    "Age",
    "Stressful experiences in the past year",
    "Potential effects",
  ]);

  // The same way for somebody with experiences: more questions, as many screens.
  const again = [];
  await press(survey, "Back");
  await press(survey, "Back");
  await press(survey, "Back");
  for (const answers of [[], ["1 – 4"], ["0", "Embarrassment"]]) {
    await choose(survey, ...answers);
    again.push(await survey.locator(".heading").innerText());
    if (answers.length === 2) assert.equal((await questions(survey)).length, 3);
    const heading = await survey.locator(".heading").innerText();
    await press(survey, "Continue");
    await survey.locator(".heading").filter({ hasNotText: heading.split("\n").at(-1) }).waitFor();
  }
  again.push(await survey.locator(".heading").innerText());
  assert.deepEqual(again, headings);
});

scenario("a failed continue lists what is missing, takes focus, and leads to each question", async (portal) => {
  const survey = await portal.open();
  await press(survey, "Start");
  await at(survey, "About you");
  await choose(survey, "Female");
  await press(survey, "Continue");
  const summary = survey.locator(".error-summary:focus");
  await summary.waitFor();
  const words = ["Year in school: choose an answer", "Age: choose an answer"];
  assert.deepEqual(await summary.getByRole("link").allTextContents(), words);

  for (const [index, id] of ["q1", "q3"].entries()) {
    const item = survey.locator(`fieldset:has(#${id})`);
    assert.equal((await item.locator(`#${id}-error`).textContent()).trim(), `Error: ${words[index]}`);
    assert.match(await item.getAttribute("aria-describedby"), new RegExp(`(^| )${id}-error$`));
    await survey.getByRole("link", { name: words[index] }).click();
    await survey.locator(`#${id}:focus`).waitFor();
  }
  assert.equal(await survey.locator("fieldset:has(#q2) .error").count(), 0);

  // Focus comes back to the summary at each failure, and what was answered since is not listed.
  await choose(survey, "Third");
  await press(survey, "Continue");
  await summary.waitFor();
  assert.deepEqual(await summary.getByRole("link").allTextContents(), words.slice(1));
  await at(survey, "About you");

  await press(survey, "Leave them out and continue");
  await at(survey, "Part 2 of 3");
  assert.equal(await survey.locator(".error-summary, .error").count(), 0);
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await at(survey, "Part 3 of 3");
  await press(survey, "Continue");
  await press(survey, "Leave them out and continue");
  await at(survey, "Check your answers");
  assert.equal(await survey.getByText("Not answered").count(), 4);
});

scenario("focus goes to the heading at each change of screen, and nowhere when the page loads", async (portal) => {
  const survey = await portal.open();
  assert.equal(await portal.page.evaluate(() => document.activeElement.localName), "body");
  const focused = (heading) => survey.locator(".heading:focus", { hasText: heading }).waitFor();
  await press(survey, "Start");
  await focused("Part 1 of 3");
  await choose(survey, "Third", "Female", "21 – 25");
  await press(survey, "Continue");
  await focused("Part 2 of 3");
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await focused("Part 3 of 3");
  await press(survey, "Back");
  await focused("Part 2 of 3");
  await press(survey, "Continue");
  await choose(survey, ">50%", "Embarrassment", "Burnout");
  await press(survey, "Continue");
  await focused("Check your answers");
  await press(survey, "Change About you");
  await focused("Part 1 of 3");
  for (const next of ["Part 2 of 3", "Part 3 of 3", "Check your answers"]) {
    await press(survey, "Continue");
    await focused(next);
  }
  await press(survey, "See how you compare");
  await focused("You and the study");
  await press(survey, "Finish and erase my answers");
  await focused("Thank you");
});

scenario("Back and Change keep the answers", async (portal) => {
  const survey = await portal.open();
  await answerClassSurvey(survey, { words: "a word of mine" });
  await at(survey, "Check your answers");
  const checked = await survey.locator("dl").allInnerTexts();
  await press(survey, "Back");
  await at(survey, "Part 3 of 3");
  assert.deepEqual(await ticked(survey), [">50%", "Lack of time", "Burnout"]);
  assert.equal(await survey.locator("textarea").last().inputValue(), "a word of mine");
  await press(survey, "Back");
  await at(survey, "Part 2 of 3");
  assert.deepEqual(await ticked(survey), ["1 – 4"]);
  await press(survey, "Back");
  await at(survey, "Part 1 of 3");
  assert.deepEqual(await ticked(survey), ["Third", "Female", "21 – 25"]);
  for (const next of ["Part 2 of 3", "Part 3 of 3", "Check your answers"]) {
    await press(survey, "Continue");
    await at(survey, next);
  }
  assert.deepEqual(await survey.locator("dl").allInnerTexts(), checked);

  await press(survey, "Change Stressful experiences");
  await at(survey, "Part 2 of 3");
  assert.deepEqual(await ticked(survey), ["1 – 4"]);
  await choose(survey, ">8");
  assert.deepEqual(await ticked(survey), [">8"]);
  await press(survey, "Continue");
  await at(survey, "Part 3 of 3");
  await press(survey, "Continue");
  await at(survey, "Check your answers");
  assert.deepEqual(
    await survey.locator("dl").allInnerTexts(),
    checked.map((text) => text.replace("1 – 4", ">8")),
  );
});

scenario("“none” unticks the others, and the others untick “none”", async (portal) => {
  const survey = await portal.open();
  await press(survey, "Start");
  await choose(survey, "Third", "Female", "21 – 25");
  await press(survey, "Continue");
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await at(survey, "Part 3 of 3");
  const reasons = question(survey, "For experiences not discussed");
  const effects = question(survey, "What are potential effects");
  await choose(effects, "Burnout", "Depression");
  await choose(reasons, "Embarrassment", "Other (stays on this device)");
  await choose(reasons, "None – I discussed all of them");
  assert.deepEqual(await ticked(reasons), ["None – I discussed all of them"]);
  assert.deepEqual(await ticked(effects), ["Burnout", "Depression"]);
  await choose(reasons, "Lack of time");
  assert.deepEqual(await ticked(reasons), ["Lack of time"]);
  await choose(effects, "None of these");
  assert.deepEqual(await ticked(effects), ["None of these"]);
  assert.deepEqual(await ticked(reasons), ["Lack of time"]);
  await effects.getByLabel("None of these").uncheck();
  assert.deepEqual(await ticked(effects), []);
});

scenario("what was typed is in no node of the widget after the end", async (portal) => {
  const survey = await portal.open();
  await answerClassSurvey(survey, { words: "canary" });
  await at(survey, "Check your answers");
  assert.match(await everything(survey), /canary/);
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  assert.match(await everything(survey), /canary/);
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  assert.doesNotMatch(await everything(survey), /canary/);
  assert.equal(await survey.locator("input, textarea, table").count(), 0);
});

scenario("without a preview the survey ends after the answers are checked", async (portal) => {
  const survey = await portal.place({ instrument: "stress-experience", "no-preview": "" });
  await answerClassSurvey(survey);
  await at(survey, "Check your answers");
  await press(survey, "Finish");
  await at(survey, "Thank you");
  assert.equal(await survey.locator("table").count(), 0);
});
