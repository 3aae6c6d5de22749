// Every screen at every width and in every colour scheme: nothing sticks out, and a finger meets what it aims at.
//
// `GALLERY=folder` keeps a picture of each, to be looked at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { scenario } from "./lib.mjs";
import { ways } from "./screens.mjs";

const folder = process.env.GALLERY;

const widths = [320, 768, 1280];
const looks = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
};

/** Returns what sticks out of the page; a table or the text of a release may scroll in a place of its own. */
function tooWide() {
  const root = document.documentElement;
  const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide`] : [];
  const visit = (element) => {
    if (element.matches(".visually-hidden, .skip") || !element.checkVisibility()) return;
    const { left, right } = element.getBoundingClientRect();
    const sticksOut = right > innerWidth + 0.5 || left < -0.5;
    if (sticksOut) found.push(`${element.localName}.${element.className}`);
    if (element.matches(".scroll, .report-scroll, pre")) return;
    for (const child of [...(element.shadowRoot?.children ?? []), ...element.children]) visit(child);
  };
  visit(document.body);
  return found;
}

/** Returns what is smaller than a fingertip, 44 pixels, of all that the widget lets one touch; links in a sentence may be. */
function tooSmall() {
  const found = [];
  const touched = "button, summary, select, textarea, .choice, input:not(.choice input, [hidden], [type=file]), .error-summary a";
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (!(root instanceof ShadowRoot) || !element.matches(touched) || !element.checkVisibility()) continue;
      // A tick is set by its label as well.
      const target = /checkbox|radio/.test(element.type) ? element.labels[0] : element;
      const { width, height } = target.getBoundingClientRect();
      if (Math.min(width, height) < 43.5) found.push(`${element.localName}.${element.className} “${element.textContent.slice(0, 30)}”: ${width} × ${height}`);
    }
  };
  visit(document);
  return found;
}

async function draw(page, name) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name.replace(/\W+/g, "-")}.png`), fullPage: true });
}

for (const [name, screens] of Object.entries(ways)) {
  scenario(
    `every screen of ${name} fits its page and the finger, at three widths, in light, dark and forced colours`,
    async (portal) => {
      const { page } = portal;
      const size = page.viewportSize();
      let number = 10;
      for await (const screen of screens(portal)) {
        number++;
        for (const width of widths) {
          await page.setViewportSize({ width, height: 720 });
          for (const [look, media] of Object.entries(looks)) {
            await page.emulateMedia(media);
            if (folder) await draw(page, `${name} ${number} ${screen} ${width} ${look}`);
          }
          assert.deepEqual(await page.evaluate(tooWide), [], `${screen}, ${width} px`);
          assert.deepEqual(await page.evaluate(tooSmall), [], `${screen}, ${width} px`);
        }
        await page.setViewportSize(size);
        await page.emulateMedia(looks.light);
      }
      assert.ok(number > 10);
    },
    { reducedMotion: "reduce", mayLog: [/status of 503/] },
  );
}
