// What holds on every screen: no violation that axe-core finds.

import assert from "node:assert/strict";

import { violations } from "./checks.mjs";
import { at, openCollection, press, respond, scenario } from "./lib.mjs";
import { ways } from "./screens.mjs";

for (const [name, screens] of Object.entries(ways)) {
  for (const width of [320, 1280]) {
    scenario(
      `axe-core finds nothing on any screen of ${name}, in light and in dark, at ${width} px`,
      async (portal) => {
        for await (const screen of screens(portal)) {
          for (const colorScheme of ["light", "dark"]) {
            await portal.page.emulateMedia({ colorScheme });
            assert.deepEqual(await violations(portal.page), [], `${screen}, ${colorScheme}`);
          }
          await portal.page.emulateMedia({ colorScheme: "light" });
        }
      },
      // Without it, colours would still be on their way from one scheme to the other.
      { reducedMotion: "reduce", viewport: { width, height: 640 }, mayLog: [/status of 503/] },
    );
  }
}

scenario("the check of contrast and names would find what is wrong", async (portal) => {
  const survey = await portal.open();
  assert.deepEqual(await violations(portal.page), []);
  await survey.locator(".lead").evaluate((lead) => {
    lead.style.color = "#ccc";
    lead.style.background = "#fff";
  });
  await survey.getByRole("button", { name: "Start" }).evaluate((button) => button.replaceChildren());
  const found = await violations(portal.page);
  assert.ok(found.some((line) => line.startsWith("color-contrast")), found.join("\n"));
  assert.ok(found.some((line) => line.startsWith("button-name")), found.join("\n"));
});

scenario("the live region is there from the start, and says when answers were added", async (portal) => {
  const survey = await portal.open("class-group");
  const status = survey.locator("p[role=status]");
  assert.equal(await status.count(), 1);
  assert.equal(await status.textContent(), "");
  const region = await status.elementHandle();
  await openCollection(survey, 30);
  await respond(survey, 1);
  assert.equal(await region.textContent(), "Nothing of yours is left on this screen.");
  assert.ok(await region.evaluate((element) => element.isConnected));
  await press(survey, "I am the next person");
  await at(survey, "Class-wide stress-experience survey");
  assert.equal(await region.textContent(), "");
});
