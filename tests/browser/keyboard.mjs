// What a person does who has only a keyboard.

import assert from "node:assert/strict";

/** Presses Tab until the control has focus. */
export async function tabTo(control) {
  const keyboard = control.page().keyboard;
  for (let presses = 0; presses < 150; presses++) {
    await keyboard.press("Tab");
    if (await control.evaluate((element) => element.matches(":focus"))) return;
  }
  assert.fail(`Tab does not reach ${control}`);
}

/** Chooses an answer with the keys that the browser has for its kind of control. */
export async function pick(survey, label) {
  const { keyboard } = survey.page();
  const input = survey.getByLabel(label, { exact: true });
  const { type, name } = await input.evaluate(({ type, name }) => ({ type, name }));
  const first = type === "radio" ? survey.locator(`input[name="${name}"]`).first() : input;
  await tabTo(first);
  if (type === "checkbox" || (await first.getAttribute("id")) === (await input.getAttribute("id"))) {
    await keyboard.press("Space");
  }
  for (let presses = 0; !(await input.isChecked()); presses++) {
    assert.ok(presses < 10, `the arrow keys do not reach ${label}`);
    await keyboard.press("ArrowDown");
  }
}

/** Presses a button. */
export async function pressByKey(survey, name) {
  await tabTo(survey.getByRole("button", { name, exact: true }));
  await survey.page().keyboard.press("Enter");
}

/** Writes into a field. */
export async function typeInto(survey, label, text) {
  await tabTo(survey.getByLabel(label, { exact: true }));
  await survey.page().keyboard.type(text);
}

/** Returns what has the focus, as somebody would decide by it what to press. */
function focused() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const text = (one) => one.labels?.[0]?.textContent.trim() ?? one.textContent.trim();
  const group = element?.type === "radio" ? Array.from(element.form.elements).filter(({ name }) => name === element.name) : [];
  return {
    kind: element?.type ?? element?.localName,
    text: element ? text(element) : "",
    checked: Boolean(element?.checked),
    group: group.map((one) => [text(one), one.checked]),
  };
}

/** Answers the questions in view and goes on with that button, and returns how many keys it took. */
export async function countKeys(page, answers, button) {
  let count = 0;
  const press = async (key) => {
    await page.keyboard.press(key);
    count++;
    return page.evaluate(focused);
  };
  for (let stops = 0; stops < 100; stops++) {
    let now = await press("Tab");
    if (now.kind === "radio") {
      const wanted = now.group.map(([label]) => label).find((label) => answers.includes(label));
      if (wanted === undefined || now.group.some(([label, isChecked]) => label === wanted && isChecked)) continue;
      if (now.text === wanted) now = await press("Space");
      for (let steps = 0; steps < now.group.length && now.text !== wanted; steps++) now = await press("ArrowDown");
      assert.ok(now.text === wanted && now.checked, `the keys do not choose ${wanted}`);
    } else if (now.kind === "checkbox" && answers.includes(now.text) && !now.checked) {
      now = await press("Space");
      assert.ok(now.checked, now.text);
    } else if (now.text === button) {
      // The page may be another one after it.
      await page.keyboard.press("Enter");
      return count + 1;
    }
  }
  return assert.fail(`Tab does not reach ${button}`);
}
