// A plain static server: the right types, and nothing else that a page could lean on.

import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * Serves folders: `mounts` are their addresses, such as `/survey/`, with what lies there.
 *
 * `pages` are texts by their addresses, each with the policy `csp`; `headers` go with everything; `change` gets each
 * file's address and bytes, and returns what is sent; with `compressed`, the copies that lie beside the files are sent.
 */
export async function serveFiles({ mounts = {}, pages = {}, csp, headers = {}, change = (_path, bytes) => bytes, compressed = false }) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path in pages || (path.endsWith("/") && `${path}index.html` in pages)) {
      if (csp) response.setHeader("content-security-policy", csp);
      response.setHeader("content-type", types[".html"]);
      return response.end(pages[path] ?? pages[`${path}index.html`]);
    }
    const mount = Object.keys(mounts).find((mount) => path.startsWith(mount));
    const file = mount && join(mounts[mount], path.slice(mount.length), path.endsWith("/") ? "index.html" : "");
    if (!file || !existsSync(file) || !statSync(file).isFile()) {
      response.statusCode = 404;
      return response.end();
    }
    const type = types[extname(file)];
    if (type) response.setHeader("content-type", type);
    if (csp && type === types[".html"]) response.setHeader("content-security-policy", csp);
    const isCompressed = compressed && existsSync(`${file}.br`);
    if (isCompressed) response.setHeader("content-encoding", "br");
    return response.end(change(path, readFileSync(isCompressed ? `${file}.br` : file)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { origin, stop };
}
