// The widget in every language: complete, alone, the right way round, and the same survey.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

import { tooSmall, tooWide, violations } from "./checks.mjs";
import { instrument, passphrase, scenario } from "./lib.mjs";

const folder = new URL("../../src/language/", import.meta.url);
const languages = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, folder), "utf8"))]),
);
assert.deepEqual(Object.keys(languages).sort(), ["ar", "de", "es", "fr", "zh"]);

/** All that the widget says in English, cut at the places for values. */
const english = [...readFileSync(new URL("texts.rs", folder), "utf8").matchAll(/= ?"([^"]+)"|\| "([^"]+)"/g)]
  .map(([, one, other]) => one ?? other)
  .concat(["stress-experience", "post-program"].flatMap((id) => readable(instrument(id))))
  .flatMap((text) => text.split(/\{\w+\}/))
  .map((text) => text.trim())
  .filter((text) => /[A-Za-z]{4}/.test(text));
assert.ok(english.length > 250, "the English texts were found");

/** Returns what a respondent reads of an instrument. */
function readable(value) {
  if (Array.isArray(value)) return value.flatMap(readable);
  if (typeof value !== "object" || value === null) return [];
  const own = ["title", "about", "population", "origin", "label", "question", "hint"].map((name) => value[name]);
  return own.filter((text) => typeof text === "string").concat(Object.values(value).flatMap(readable));
}

/** Returns the texts of a screen, what only assistive technology reads among them, but what names its own language. */
function textsOf(survey) {
  return survey.evaluate((element) => {
    const found = [];
    const visit = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return void found.push(node.data.trim());
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches("[lang=en]:not(.survey)")) return;
      found.push(...["aria-label", "title", "placeholder", "alt"].map((name) => node.getAttribute(name) ?? ""));
      node.childNodes.forEach(visit);
    };
    visit(element.shadowRoot.querySelector(".survey"));
    return found.filter(Boolean);
  });
}

/** Returns what is in English on a screen, though the language in use says it in other words. */
async function leftInEnglish(survey, language) {
  const said = JSON.stringify(languages[language]);
  const isLeft = (text) => english.some((one) => (text === one || (one.length > 12 && text.includes(one))) && !said.includes(one));
  return (await textsOf(survey)).filter(isLeft);
}

/** Checks a screen: in this language alone, with nothing that axe-core finds, and no wider than the page. */
async function check(survey, language, screen) {
  assert.deepEqual(await leftInEnglish(survey, language), [], `${screen} in ${language}: English is left`);
  assert.deepEqual(await violations(survey.page()), [], `${screen} in ${language}`);
  assert.deepEqual(await survey.page().evaluate(tooWide), [], `${screen} in ${language}`);
  assert.deepEqual(await survey.page().evaluate(tooSmall), [], `${screen} in ${language}`);
}

/** Returns what a test needs to say in a language: the texts, and the labels of an instrument. */
function speaker(language, id) {
  const { texts, instruments } = languages[language];
  const { items, categories } = instruments[id];
  return { texts, ...instruments[id], label: (item, code) => items[item].categories?.[code] ?? categories[code] };
}

async function press(survey, name) {
  await survey.getByRole("button", { name, exact: true }).click();
}

async function at(survey, heading) {
  await survey.locator(".heading", { hasText: heading }).waitFor();
}

/** Opens whatever can be opened, as what is folded away is not checked. */
async function unfold(survey) {
  await survey.locator("details").evaluateAll((details) => details.forEach((one) => (one.open = true)));
}

async function failToContinue(survey, name) {
  await press(survey, name);
  await survey.locator(".error-summary:focus").waitFor();
}

async function* classSurvey(survey, { texts, sections, label }) {
  await survey.getByRole("button", { name: texts.start, exact: true }).waitFor();
  await unfold(survey);
  yield "introduction";
  await press(survey, texts.start);
  await at(survey, sections["about-you"]);
  await failToContinue(survey, texts.proceed);
  yield "about you, with errors";
  for (const [item, code] of [["year", "third"], ["sex", "female"], ["age", "21-25"]]) {
    await survey.getByLabel(label(item, code), { exact: true }).check();
  }
  await press(survey, texts.proceed);
  await at(survey, sections.experiences);
  await survey.getByLabel(label("experiences", "1-4"), { exact: true }).check();
  yield "experiences";
  await press(survey, texts.proceed);
  await at(survey, sections.talking);
  await failToContinue(survey, texts.proceed);
  yield "talking, with errors";
  for (const [item, code] of [["discussed", "lt50"], ["reasons", "lack_of_time"], ["effects", "burnout"]]) {
    await survey.getByLabel(label(item, code), { exact: true }).check();
  }
  await survey.locator("textarea").first().fill("Dr. House");
  await press(survey, texts.proceed);
}

/** Returns whether an address is that of a language. */
const isLanguage = (address) => /\/balint_[a-z]+\.json$/.test(address);

const mode = { reducedMotion: "reduce", viewport: { width: 320, height: 640 } };

for (const language of Object.keys(languages)) {
  scenario(
    `the class survey is answered in ${language}, with no English left over and nothing that axe-core finds, at 320 px`,
    async (portal) => {
      const survey = await portal.place({ instrument: "stress-experience", lang: language });
      const said = speaker(language, "stress-experience");
      await at(survey, said.title);
      assert.ok((await textsOf(survey)).includes(said.texts.unreviewed), "a translation says that it is one");
      for await (const screen of classSurvey(survey, said)) await check(survey, language, screen);
      await at(survey, said.texts.check_answers);
      await check(survey, language, "check your answers");
      await press(survey, said.texts.see_comparison);
      await at(survey, said.texts.you_and_study);
      await check(survey, language, "preview");
      await press(survey, said.texts.finish_and_erase);
      await at(survey, said.texts.thank_you);
      await check(survey, language, "thank you");
      const files = portal.log.requests.map((request) => request.url()).filter((url) => isLanguage(url));
      assert.deepEqual(files, [new URL(`pkg/balint_${language}.json`, portal.server.url).href], "only the language in use");
    },
    mode,
  );

  scenario(
    `the post-program survey, a group and a survey from home are in ${language} alone, at 320 px`,
    async (portal) => {
      const group = { instrument: "post-program", mode: "group", policy: "small-group", collection: "c", endpoint: "api/releases" };
      const survey = await portal.place({ ...group, lang: language });
      const { texts, title, sections, label } = speaker(language, "post-program");
      await at(survey, title);
      await failToContinue(survey, texts.open_collection);
      await check(survey, language, "set-up, with an error");
      await survey.getByLabel(texts.eligible_label).fill("8");
      await survey.getByLabel(texts.choose_passphrase).fill(passphrase);
      await press(survey, texts.open_collection);
      for (let person = 1; person <= 5; person++) {
        await survey.getByRole("button", { name: texts.start, exact: true }).waitFor();
        await unfold(survey);
        if (person === 1) await check(survey, language, "introduction");
        await press(survey, texts.start);
        await at(survey, sections.group);
        await failToContinue(survey, texts.proceed);
        await survey.getByLabel(label("q1_explore", "4"), { exact: true }).first().check();
        if (person === 1) await check(survey, language, "group");
        await press(survey, texts.leave_out);
        await at(survey, sections["about-you"]);
        await press(survey, texts.proceed);
        await press(survey, texts.leave_out);
        await at(survey, sections["own-words"]);
        if (person === 1) await check(survey, language, "own words");
        await press(survey, texts.proceed);
        await at(survey, texts.add_answers);
        if (person === 1) await check(survey, language, "add your answers");
        await press(survey, texts.add_my_answers);
        await at(survey, texts.thank_you);
        if (person === 1) await check(survey, language, "hand over");
        if (person < 5) await press(survey, texts.next_person);
      }
      await unfold(survey);
      await press(survey, texts.close_collection);
      await survey.getByLabel(texts.passphrase).fill("another passphrase");
      await failToContinue(survey, texts.proceed);
      await check(survey, language, "passphrase, with an error");
      await survey.getByLabel(texts.passphrase).fill(passphrase);
      await press(survey, texts.proceed);
      await press(survey, texts.close_and_make);
      await at(survey, texts.results_of_group);
      await survey.locator("balint-report table").first().waitFor();
      await unfold(survey);
      await check(survey, language, "results");
      // What goes into a paper is in its language.
      const report = survey.locator("balint-report");
      assert.deepEqual([await report.getAttribute("lang"), await report.getAttribute("dir")], ["en", "ltr"]);
      assert.equal(await report.locator("table").first().evaluate((table) => getComputedStyle(table).direction), "ltr");

      const home = await portal.openRemote();
      await home.evaluate((element, language) => (element.lang = language), language);
      await at(home, speaker(language, "stress-experience").title);
      await unfold(home);
      await check(home, language, "introduction from home");
    },
    mode,
  );
}

scenario("the check of what is left in English would find it", async (portal) => {
  const survey = await portal.place({ instrument: "stress-experience" });
  await at(survey, "Class-wide stress-experience survey");
  const all = await textsOf(survey);
  assert.ok(all.length >= 10);
  assert.deepEqual(await leftInEnglish(survey, "de"), all);
});

/** Returns the language and the direction of the widget, and which files of languages were asked for. */
async function spoken(portal, survey) {
  const { lang, dir } = await survey.locator(".survey").evaluate(({ lang, dir }) => ({ lang, dir }));
  const files = portal.log.requests.map((request) => new URL(request.url()).pathname).filter((path) => isLanguage(path));
  return [lang, dir, ...files];
}

scenario("a tag of BCP 47 is answered in the language that serves it, and anything else in English", async (portal) => {
  const english = ["en", "ltr"];
  for (const [tag, expected] of [
    ["en-US", english],
    ["es-MX", ["es", "ltr", "/pkg/balint_es.json"]],
    ["fr-CA", ["fr", "ltr", "/pkg/balint_fr.json"]],
    ["de_AT", ["de", "ltr", "/pkg/balint_de.json"]],
    ["ar-EG", ["ar", "rtl", "/pkg/balint_ar.json"]],
    ["zh-CN", ["zh-Hans", "ltr", "/pkg/balint_zh.json"]],
    ["zh-Hans-SG", ["zh-Hans", "ltr", "/pkg/balint_zh.json"]],
    // Traditional characters are another script.
    ["zh-TW", english],
    ["zh-Hant", english],
    ["pt-BR", english],
    ["tlh", english],
    ["no tag at all", english],
  ]) {
    portal.log.requests.length = 0;
    const survey = await portal.place({ instrument: "post-program", lang: tag });
    await survey.locator(".survey").waitFor();
    assert.deepEqual(await spoken(portal, survey), expected, tag);
  }
  assert.deepEqual(await portal.events("survey-error"), []);
});

scenario("the element's own language comes before that around it, and that before the page's", async (portal) => {
  const survey = await portal.place({ instrument: "post-program" });
  await survey.locator(".survey").waitFor();
  const lang = (expected) => survey.locator(`.survey[lang=${expected}]`).waitFor();
  await lang("en");
  await portal.page.evaluate(() => (document.documentElement.lang = "de"));
  await lang("de");
  await survey.evaluate((element) => (element.parentElement.lang = "fr"));
  await lang("fr");
  await survey.evaluate((element) => (element.lang = "es"));
  await lang("es");
  await survey.evaluate((element) => element.removeAttribute("lang"));
  await lang("fr");
  await survey.evaluate((element) => element.parentElement.removeAttribute("lang"));
  await lang("de");
  await portal.page.evaluate(() => (document.documentElement.lang = "en"));
  await lang("en");
});

scenario("another language in the middle of the survey loses no answer and takes no focus", async (portal) => {
  const survey = await portal.place({ instrument: "stress-experience" });
  await press(survey, "Start");
  await survey.getByLabel("Fourth", { exact: true }).check();
  await press(survey, "Continue");
  await survey.locator(".error-summary:focus").waitFor();
  await survey.getByLabel("Female", { exact: true }).focus();
  const { label, texts, items } = speaker("ar", "stress-experience");
  await portal.page.evaluate(() => (document.documentElement.lang = "ar"));
  await survey.locator(".survey[lang=ar]").waitFor();
  assert.ok(await survey.getByLabel(label("year", "fourth"), { exact: true }).isChecked());
  assert.ok(await survey.getByLabel(label("sex", "female"), { exact: true }).evaluate((input) => input.matches(":focus")));
  // What was wrong is said again, in the other language.
  const error = texts.choose_one.replace("{label}", `\u2068${items.sex.label}\u2069`);
  assert.equal(await survey.locator(".error-summary a").first().textContent(), error);
  await check(survey, "ar", "about you, with errors");
  await press(survey, texts.leave_out);
  await survey.evaluate((element) => (element.lang = "zh"));
  await survey.locator(".survey[lang=zh-Hans]").waitFor();
  await at(survey, speaker("zh", "stress-experience").sections.experiences);
  await survey.evaluate((element) => (element.lang = "en"));
  await at(survey, "Stressful experiences");
  await press(survey, "Back");
  assert.ok(await survey.getByLabel("Fourth", { exact: true }).isChecked());
  const events = await portal.events("survey-error");
  assert.deepEqual(events, []);
});

scenario("right to left everything is turned round, but what is in no language", async (portal) => {
  const survey = await portal.place({ instrument: "post-program", lang: "ar" });
  const { texts, label } = speaker("ar", "post-program");
  const box = async (selector) => survey.locator(selector).first().boundingBox();
  const promise = await survey.locator(".promise").evaluate((element) => getComputedStyle(element).borderRightWidth);
  assert.equal(promise, "4px", "the mark of a box stands at its beginning");
  await press(survey, texts.start);
  const fieldset = survey.locator("fieldset").first();
  const choices = await Promise.all(
    ["1", "2", "3", "4"].map((code) => fieldset.locator(".choice").filter({ hasText: new RegExp(`^${label("q1_explore", code)}$`) }).boundingBox()),
  );
  assert.ok(choices.every(({ x }, i) => i === 0 || x < choices[i - 1].x), "the first answer of a scale stands at the right");
  const [input, choice] = [await box(".choice input"), await box(".choice")];
  assert.ok(input.x > choice.x + choice.width / 2, "the button stands before its label");
  const heading = await survey.locator(".heading").evaluate((element) => getComputedStyle(element).textAlign);
  assert.equal(heading, "start");

  const home = await portal.openRemote();
  await home.evaluate((element) => (element.lang = "ar"));
  await home.locator(".survey[dir=rtl]").waitFor();
  // Two names in other letters, each set apart.
  const operators = await home.locator(".operators h3").textContent();
  assert.match(operators, /\u2068[^\u2069]+\u2069.*\u2068[^\u2069]+\u2069/);
});

scenario("numbers, percentages and plurals are those of the language", async (portal) => {
  // What the browser knows of plurals is what the files say.
  for (const [language, { texts }] of Object.entries(languages)) {
    const forms = await portal.page.evaluate((tag) => new Intl.PluralRules(tag).resolvedOptions().pluralCategories, language);
    assert.deepEqual(Object.keys(texts.questions).sort(), forms.sort(), language);
  }
  for (const [language, minutes, percent] of [
    ["ar", "7 أسئلة", /^96\u200e?%\u200e?$/],
    ["de", "7 Fragen", /^96\u00a0%$/],
    ["fr", "7 questions", /^96[\u00a0\u202f]%$/],
    ["zh", "7 个问题", /^96%$/],
  ]) {
    const survey = await portal.place({ instrument: "stress-experience", lang: language });
    const { texts } = speaker(language, "stress-experience");
    await survey.locator(".hint", { hasText: minutes }).waitFor();
    await press(survey, texts.start);
    for (let section = 0; section < 3; section++) {
      await press(survey, texts.proceed);
      await press(survey, texts.leave_out);
    }
    await press(survey, texts.see_comparison);
    await at(survey, texts.you_and_study);
    const shares = await survey.locator("td").allTextContents();
    assert.ok(shares.some((share) => percent.test(share)), `${language}: ${shares.join(" | ")}`);
  }
  const survey = await portal.place({ instrument: "post-program", lang: "de", opens: "2999-01-12T08:00:00+01:00" });
  await survey.getByText("Montag, 12. Januar 2999").or(survey.getByText("12. Januar 2999")).first().waitFor();
});

scenario(
  "without the file of a language the survey is in English, and the page is told",
  async (portal) => {
    await portal.page.route("**/pkg/balint_fr.json", (route) => route.fulfill({ status: 404 }));
    const survey = await portal.place({ instrument: "stress-experience", lang: "fr" });
    await at(survey, "Class-wide stress-experience survey");
    const messages = (await portal.events("survey-error")).map(({ detail }) => detail.message);
    assert.deepEqual(messages, ["language fr: it cannot be read (status 404); the survey is in English"]);
    // No language at all, where there is no survey either.
    const wrong = await portal.place({ instrument: "unknown", lang: "de" });
    assert.equal(await wrong.locator("h2").textContent(), languages.de.texts.cannot_be_shown);
    assert.equal(await wrong.locator("[part=failure] p").getAttribute("lang"), "en");
  },
  { mayLog: [/status of 404/] },
);
