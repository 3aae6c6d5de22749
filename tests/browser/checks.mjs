// What holds on every screen: no violation that axe-core finds, nothing that sticks out, nothing too small for a finger.

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

/** Returns what sticks out of the page; a table or the text of a release may scroll in a place of its own. */
export function tooWide() {
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
export function tooSmall() {
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
