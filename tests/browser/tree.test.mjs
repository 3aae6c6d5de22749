// What a screen reader is given of each screen, kept as text: `UPDATE_TREES=1` writes it anew, and the change is reviewed.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { scenario } from "./lib.mjs";
import { ways } from "./screens.mjs";

const folder = new URL("trees/", import.meta.url);
const isUpdate = Boolean(process.env.UPDATE_TREES);

/** What is another one each time, and what stands in its place. */
const changing = [
  [/(?<=- code: )[\w-]{22}/g, "RECEIPT"],
  [/\b[0-9a-f]{64}\b/g, "HASH"],
  [/\b\d{4}-\d{2}-\d{2}\b/g, "DAY"],
  // A moment, in the machine's time zone.
  [/(?<=can be answered until )[^.\n]+/g, "DAY"],
  [/http:\/\/127\.0\.0\.1:\d+/g, "http://OPERATOR"],
];

/** Returns the accessibility tree of what is in view: the survey, the page for reports or the list of results. */
async function tree(page) {
  const shown = page.locator("balint-survey:visible, balint-report:visible, #results:visible").first();
  const text = await shown.ariaSnapshot();
  return changing.reduce((text, [pattern, name]) => text.replace(pattern, name), text);
}

for (const [name, screens] of Object.entries(ways)) {
  scenario(
    `the accessibility tree of every screen of ${name} is as it was reviewed`,
    async (portal) => {
      const found = [];
      for await (const screen of screens(portal)) found.push(`# ${screen}\n\n${await tree(portal.page)}\n`);
      const file = new URL(`${name.replace(/\W+/g, "-")}.txt`, folder);
      if (isUpdate) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(file, found.join("\n"));
      }
      const lines = (text) => text.split("\n");
      const reviewed = lines(readFileSync(file, "utf8"));
      for (const [index, line] of lines(found.join("\n")).entries()) {
        assert.equal(line, reviewed[index], `${fileURLToPath(file)}:${index + 1}; UPDATE_TREES=1 writes it anew`);
      }
      assert.equal(lines(found.join("\n")).length, reviewed.length);
    },
    { reducedMotion: "reduce", mayLog: [/status of 503/] },
  );
}
