// What <balint-survey mode="remote"> loads: the survey with the way to two operators in it.
//
// Everything else happens in Rust: see src/element/remote.rs.

let loadModule, readFile;

/** Starts the module, with what loads one and what reads the file that an attribute names. */
export async function start(load, readAttribute) {
  loadModule = load;
  readFile = readAttribute;
  const { Widget } = await load(import("./pkg/balint_remote.js"), new URL("./pkg/balint_remote_bg.wasm", import.meta.url));
  const show = (widget, host, { task, code }) => widget.showRemote(host, task, code, makeTokens);
  return { Widget, read, show };
}

/** Reads the task that the element names; the code of the page's address is in `kept` from the first time on. */
async function read({ task: address, src, definition }, kept) {
  if (src !== null || definition) throw new Error("attribute src: found an instrument; expected none, as the task names it");
  if (!address) throw new Error("attribute task: not there; expected the address of the task file");
  const file = await readFile("task", address, "the task file");
  kept.code ??= takeCode();
  return { task: file, code: kept.code };
}

let tokens;

// A module of its own, for portals that have a login.
async function makeTokens(...request) {
  tokens ??= loadModule(import("./pkg/balint_tokens.js"), new URL("./pkg/balint_tokens_bg.wasm", import.meta.url)).catch((error) => {
    tokens = undefined;
    throw error;
  });
  return (await tokens).makeTokens(...request);
}

// An invitation's link ends in #code=…, which no server sees; it is taken out of the address bar, so that it is not
// passed on with the address. Scripts of the page could have read it.
function takeCode() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get("code");
  if (!code) return undefined;
  fragment.delete("code");
  history.replaceState(history.state, "", `${location.pathname}${location.search}${fragment.size ? `#${fragment}` : ""}`);
  return code;
}
