// Keeps the portal's page for surveys on the device: after one visit a seminar needs no network.
//
// What is kept is listed in precache.js, which the build writes: the same files for everybody, each with its hash.
// A new version is kept beside the old one, whole or not at all, and used when no page of the old one is open any
// more. Nothing else is kept: no answer of the server's, no release, no task, nothing of another origin.
const list = "precache.js";
importScripts(self.trustedTypes?.createPolicy("portal-worker", { createScriptURL: () => list }).createScriptURL("") ?? list);

const { version, files } = self.precache;
const prefix = "balint-survey ";
const own = prefix + version;

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(takeOverIfAlone());
});

addEventListener("fetch", (event) => {
  const name = nameOf(event.request);
  if (name !== undefined) event.respondWith(answer(event, name));
});

/** Returns the name in the list of what is asked for, if it is there. */
function nameOf({ method, mode, url }) {
  if (method !== "GET" || !url.startsWith(registration.scope)) return undefined;
  const { search, href } = new URL(url);
  // A page is the same whatever is asked of it; another file with a question is another file.
  if (search && mode !== "navigate") return undefined;
  const name = href.slice(registration.scope.length).split(/[?#]/)[0] || "index.html";
  return Object.hasOwn(files, name) ? name : undefined;
}

async function answer({ request, clientId }, name) {
  if (request.mode !== "navigate" && !(await isKept(clientId))) return fetch(request);
  const cache = await caches.open(own);
  // The browser may have thrown it away.
  return (await cache.match(addressOf(name), { ignoreVary: true })) ?? fetch(request);
}

/** Returns whether a page is one of the list; what belongs to others comes from the network, as they do. */
async function isKept(clientId) {
  const page = await clients.get(clientId);
  return page !== undefined && nameOf({ method: "GET", mode: "navigate", url: page.url }) !== undefined;
}

async function keepAll() {
  const cache = await caches.open(own);
  try {
    await Promise.all(Object.entries(files).map(([name, hash]) => keep(cache, name, hash)));
  } catch (error) {
    await caches.delete(own);
    throw error;
  }
}

async function keep(cache, name, hash) {
  const response = await fetch(addressOf(name), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${name}: status ${response.status}; expected a file of the list`);
  const found = hexadecimal(await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer()));
  if (found !== hash) throw new Error(`${name}: found the hash ${found}; expected ${hash}, as the list has it`);
  await cache.put(addressOf(name), response);
}

async function takeOver() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(prefix) && name !== own);
  await Promise.all(old.map((name) => caches.delete(name)));
  // So that the page of the first visit has what it loads later, too.
  await clients.claim();
}

/** Takes over from the old version before the last page is closed, if the page that asks for it is the only one. */
async function takeOverIfAlone() {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.length === 1) await skipWaiting();
}

function addressOf(name) {
  return registration.scope + name;
}

function hexadecimal(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
