// Every screen at every width and in every colour scheme: nothing sticks out, and a finger meets what it aims at.
//
// `GALLERY=folder` keeps a picture of each, to be looked at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { tooSmall, tooWide } from "./checks.mjs";
import { scenario } from "./lib.mjs";
import { ways } from "./screens.mjs";

const folder = process.env.GALLERY;

const widths = [320, 768, 1280];
const looks = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
};

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
