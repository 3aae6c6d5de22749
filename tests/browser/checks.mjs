// What holds on every screen: no violation that axe-core finds, no line wider than a small phone.

import assert from "node:assert/strict";

import axe from "axe-core";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** Returns what axe-core finds on the whole page, the portal around the survey included. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(
    (rules) => window.axe.run(document, { runOnly: { type: "tag", values: rules }, resultTypes: ["violations"] }),
    rules,
  );
  assert.ok(found.passes.length > 10, "axe-core has looked at the page");
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.html}`));
}

/** Returns what sticks out of the page, on either side; a table or the text of a release may scroll in a place of its own. */
export function tooWide() {
  const root = document.documentElement;
  const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide`] : [];
  const visit = (element) => {
    const { left, right } = element.getBoundingClientRect();
    // What only some see stands outside of the page on its left.
    const isHidden = element.matches(".visually-hidden, .skip");
    if (right > innerWidth + 0.5 || (left < -0.5 && !isHidden)) found.push(`${element.localName}.${element.className}`);
    if (isHidden || element.matches(".scroll, .report-scroll, pre")) return;
    for (const child of [...(element.shadowRoot?.children ?? []), ...element.children]) visit(child);
  };
  visit(document.body);
  return found;
}
