// What <balint-survey mode="remote"> loads: the survey with the way to two operators in it.
//
// Everything else happens in Rust: see src/element/remote.rs.
import init, { mountRemote } from "./pkg/balint_remote.js";

/** Starts the module. */
export function start() {
  return init({ module_or_path: new URL("./pkg/balint_remote_bg.wasm", import.meta.url) });
}

/** Shows the survey of the task that the element names. */
export async function mount(host, place) {
  const address = host.getAttribute("task");
  if (!address) throw new Error("attribute task: not there; expected the address of the task file");
  const response = await fetch(address, { cache: "no-cache" }).catch(() => ({ status: "unreachable" }));
  if (!response.ok) throw new Error(`attribute task: ${address} cannot be read (${response.status}); expected the task file`);
  const task = new Uint8Array(await response.arrayBuffer());
  return mountRemote(host, place, task, takeCode(), makeTokens);
}

let tokens;

// A module of its own, for portals that have a login.
async function makeTokens(...request) {
  tokens ??= import("./pkg/balint_tokens.js").then(async (module) => {
    await module.default({ module_or_path: new URL("./pkg/balint_tokens_bg.wasm", import.meta.url) });
    return module;
  }).catch((error) => {
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
