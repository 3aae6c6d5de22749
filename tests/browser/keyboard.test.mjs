// A group, and the number of keys, for whoever has only a keyboard; the rest of it is in the tests of each page.

import assert from "node:assert/strict";

import { countKeys, pick, pressByKey, tabTo, typeInto } from "./keyboard.mjs";
import { at, delivery, instrument, passphrase, press, scenario, smallGroup } from "./lib.mjs";

const answers = {
  "stress-experience": [
    ["Fourth", "Female", "26 – 30"],
    [">8"],
    ["<50%", "Embarrassment", "Lack of time", "Burnout", "Depression"],
  ],
  "post-program": [["Agree"], ["Third", "Male"], ["Recognizing one's own emotions in encounters", "Nothing to add"]],
};

/** Returns a section as a form of plain HTML, as a portal could write it by hand. */
function plainForm({ title, items }, scales = [], number) {
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const control = (item, type) => ({ code, label }) =>
    `<div><input type="${type}" name="${item.id}" value="${code}" id="${item.id}-${code}"><label for="${item.id}-${code}">${escape(label)}</label></div>`;
  const question = (item) => {
    const isMany = item.kind === "multi" || item.kind === "open";
    const scale = scales.find(({ id }) => id === item.scale)?.categories ?? [];
    const categories = [...scale, ...(item.categories ?? [])];
    const words = item.kind === "open" || categories.some(({ means }) => means === "other");
    return `<fieldset><legend>${escape(item.question)}</legend>
      ${item.kind === "open" ? `<textarea name="${item.id}-text"></textarea>` : ""}
      ${categories.map(control(item, isMany ? "checkbox" : "radio")).join("")}
      ${words && item.kind !== "open" ? `<textarea name="${item.id}-text"></textarea>` : ""}</fieldset>`;
  };
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><link rel="icon" href="icon.svg">
    <h1>${escape(title)}</h1><form action="plain-${number + 1}.html">${items.map(question).join("")}<button>Continue</button></form></html>`;
}

for (const id of Object.keys(answers)) {
  scenario(`the ${id} survey takes no more keys than plain HTML`, async (portal) => {
    const { sections, scales } = instrument(id);
    await portal.page.route("**/plain-*.html**", (route) => {
      const number = Number(/plain-(\d+)/.exec(route.request().url())[1]);
      const end = "<!doctype html><html lang=en><title>End</title><link rel=icon href=icon.svg><h1>End</h1></html>";
      const body = number < sections.length ? plainForm(sections[number], scales, number) : end;
      return route.fulfill({ contentType: "text/html", body });
    });
    await portal.page.goto(new URL("plain-0.html", portal.server.url).href);
    const plain = [];
    for (const [number, wanted] of answers[id].entries()) {
      plain.push(await countKeys(portal.page, wanted, "Continue"));
      await portal.page.waitForURL(`**/plain-${number + 1}.html**`);
    }

    const survey = await portal.place({ instrument: id });
    await press(survey, "Start");
    const ours = [];
    for (const [number, wanted] of answers[id].entries()) {
      await survey.locator(".heading:focus", { hasText: `Part ${number + 1} of 3` }).waitFor();
      ours.push(await countKeys(portal.page, wanted, "Continue"));
    }
    await at(survey, "Check your answers");
    console.log(`keys for each part of ${id}: ${ours}, in plain HTML ${plain}`);
    for (const [part, count] of ours.entries()) assert.ok(count <= plain[part], `part ${part + 1}: ${count}, in plain HTML ${plain[part]}`);
  });
}

scenario("a group can be run with the keyboard alone, from its opening to the release", async (portal) => {
  const survey = await portal.place(smallGroup);
  await typeInto(survey, "How many people can take part?", "8");
  await typeInto(survey, "Choose a passphrase for closing", passphrase);
  await portal.page.keyboard.press("Enter");
  await at(survey, "Class-wide stress-experience survey");
  for (let person = 0; person < 5; person++) {
    if (person > 0) await pressByKey(survey, "I am the next person");
    await pressByKey(survey, "Start");
    for (const [part, wanted] of answers["stress-experience"].entries()) {
      await survey.locator(".heading:focus", { hasText: `Part ${part + 1} of 3` }).waitFor();
      await countKeys(portal.page, wanted, "Continue");
    }
    await pressByKey(survey, "Add my answers");
    await survey.locator(".heading:focus", { hasText: "Thank you" }).waitFor();
  }
  await tabTo(survey.locator("summary", { hasText: "For the person who runs this group" }));
  await portal.page.keyboard.press("Enter");
  await pressByKey(survey, "Close the collection");
  await typeInto(survey, "Passphrase", passphrase);
  await portal.page.keyboard.press("Enter");
  await survey.getByText("End without results").waitFor();
  await pressByKey(survey, "Close and make the results");
  await at(survey, "Results of this group");
  await pressByKey(survey, "Send the release");
  await delivery(survey, "is kept there");
  assert.equal(portal.log.puts().length, 1);
});
