// Every screen at every width, in every colour scheme and in both directions: nothing sticks out, and a finger meets
// what it aims at.
//
// `GALLERY=folder` keeps a picture of each, to be looked at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { tooSmall, tooWide } from "./checks.mjs";
import { scenario } from "./lib.mjs";
import { ways } from "./screens.mjs";

const folder = process.env.GALLERY;

const widths = [320, 768, 1280, 3840];
const looks = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
};
/** One language of each direction; English is the page's. */
const languages = { ltr: null, rtl: "ar" };

async function draw(page, name) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name.replace(/\W+/g, "-")}.png`), fullPage: true });
}

/** Lets the surveys of the page speak a language. */
async function speak(page, lang) {
  await page.evaluate(async (lang) => {
    const surveys = Array.from(document.querySelectorAll("balint-survey"));
    for (const survey of surveys) lang ? survey.setAttribute("lang", lang) : survey.removeAttribute("lang");
    const isShown = (survey) => survey.shadowRoot.querySelector(".survey")?.lang ?? lang;
    const wanted = lang ?? document.documentElement.lang;
    while (surveys.some((survey) => survey.checkVisibility() && (isShown(survey) ?? wanted) !== wanted)) {
      await new Promise(requestAnimationFrame);
    }
  }, lang);
}

async function check(page, what) {
  assert.deepEqual(await page.evaluate(tooWide), [], what);
  assert.deepEqual(await page.evaluate(tooSmall), [], what);
}

for (const [name, screens] of Object.entries(ways)) {
  scenario(
    `every screen of ${name} fits its page and the finger, at four widths, in both directions and with large text`,
    async (portal) => {
      const { page } = portal;
      const size = page.viewportSize();
      const session = await portal.context.newCDPSession(page);
      const enlarge = (standard) => session.send("Page.setFontSizes", { fontSizes: { standard } });
      let number = 10;
      for await (const screen of screens(portal)) {
        number++;
        for (const [direction, lang] of Object.entries(languages)) {
          await speak(page, lang);
          for (const width of widths) {
            await page.setViewportSize({ width, height: 720 });
            await check(page, `${screen}, ${direction}, ${width} px`);
            for (const [look, media] of folder ? Object.entries(looks) : []) {
              await page.emulateMedia(media);
              await draw(page, `${name} ${number} ${screen} ${width} ${direction} ${look}`);
            }
            await page.emulateMedia(looks.light);
          }
        }
        await speak(page, null);
        await page.setViewportSize({ width: 640, height: 720 });
        await enlarge(32);
        await check(page, `${screen}, text of twice the size`);
        if (folder) await draw(page, `${name} ${number} ${screen} large text`);
        await enlarge(16);
        await page.setViewportSize(size);
      }
      assert.ok(number > 10);
    },
    { reducedMotion: "reduce", mayLog: [/status of 503/] },
  );
}
