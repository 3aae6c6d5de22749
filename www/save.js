// What the pages that make files have in common.

/** Offers a text of some media type as a file. */
export function save(name, type, text) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  // Not at once: the browser has only begun to read it.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
