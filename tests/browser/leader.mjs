// A leader that a test plays, and what two operators would give: HPKE (RFC 9180) and secret shares, by hand.

import { createCipheriv, createHmac, createPublicKey, diffieHellman, generateKeyPairSync, randomBytes } from "node:crypto";

const prime = 340282366920938462946865773367900766209n;

/** Returns `length` bytes of a number, the first the least, as the field writes them, or the last. */
function bytes(number, length, { least = false } = {}) {
  const out = Buffer.alloc(length);
  for (let i = 0; i < length; i++) out[least ? i : length - 1 - i] = Number((BigInt(number) >> BigInt(8 * i)) & 255n);
  return out;
}

const prefixed = (size, content) => Buffer.concat([bytes(content.length, size), content]);
const hmac = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts)).digest();

/** HKDF of RFC 9180 with its labels, for outputs of one block. */
function labeled(suite) {
  const version = Buffer.from("HPKE-v1");
  return {
    extract: (salt, label, key) => hmac(salt, version, suite, Buffer.from(label), key),
    expand: (secret, label, info, length) =>
      hmac(secret, bytes(length, 2), version, suite, Buffer.from(label), info, Buffer.from([1])).subarray(0, length),
  };
}

/** Seals for a public key, in the base mode of X25519, HKDF-SHA256 and AES-128-GCM. */
function seal(publicKey, info, aad, plain) {
  const der = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), publicKey]);
  const receiver = createPublicKey({ key: der, format: "der", type: "spki" });
  const own = generateKeyPairSync("x25519");
  const encapsulated = own.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const kem = labeled(Buffer.from("4b454d0020", "hex"));
  const empty = Buffer.alloc(0);
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey: receiver });
  const secret = kem.expand(
    kem.extract(empty, "eae_prk", shared), "shared_secret", Buffer.concat([encapsulated, publicKey]), 32,
  );
  const hpke = labeled(Buffer.from("48504b45002000010001", "hex"));
  const context = Buffer.concat([
    Buffer.from([0]), hpke.extract(empty, "psk_id_hash", empty), hpke.extract(empty, "info_hash", info),
  ]);
  const keys = hpke.extract(secret, "secret", empty);
  const cipher = createCipheriv("aes-128-gcm", hpke.expand(keys, "key", context, 16), hpke.expand(keys, "base_nonce", context, 12));
  cipher.setAAD(aad);
  return { encapsulated, payload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]) };
}

const day = (text) => Date.parse(`${text}T00:00:00Z`) / 1000;

/** Returns a leader's answer with these sums of so many reports, sealed for the coordinator of a task. */
export function collection(task, reports, sums) {
  const interval = Buffer.concat([bytes(day(task.opens), 8), bytes(day(task.closes) + 86_400 - day(task.opens), 8)]);
  const aad = Buffer.concat([Buffer.from(task.task_id, "base64url"), bytes(0, 4), Buffer.from([1]), interval]);
  const mask = sums.map(() => BigInt(`0x${randomBytes(16).toString("hex")}`) % prime);
  const rest = sums.map((sum, i) => (BigInt(sum) - mask[i] + prime) % prime);
  const config = Buffer.from(task.collector_hpke_config, "base64url");
  const shares = [mask, rest].map((share, place) => {
    const info = Buffer.concat([Buffer.from("dap-09 aggregate share"), Buffer.from([2 + place, 0])]);
    const plain = Buffer.concat(share.map((entry) => bytes(entry, 16, { least: true })));
    const { encapsulated, payload } = seal(config.subarray(-32), info, aad, plain);
    return Buffer.concat([config.subarray(0, 1), prefixed(2, encapsulated), prefixed(4, payload)]);
  });
  return Buffer.concat([Buffer.from([1]), bytes(reports, 8), interval, ...shares]);
}

/**
 * Returns the sums of `reports` people, an even number, of whom half choose one answer to each question and half
 * another, while nothing that is derived from the answers goes with them: as no honest respondents do.
 */
export function halves(task, instrument, reports) {
  const items = instrument.sections.flatMap((section) => section.items);
  const cells = items.flatMap((item) => {
    // After the categories come: answered, not asked, declined, not applicable, left out.
    const counts = Array(item.categories.length).fill(0);
    const place = item.id === "experiences" ? 1 : 0;
    counts[place] = counts[place + 1] = reports / 2;
    return [...counts, reports, 0, 0, 0, 0];
  });
  return [...cells, ...Array(task.vdaf.length - cells.length).fill(0)];
}

/** Plays the leader of a task: each request gets the next of the answers, and the last one again and again. */
export class Leader {
  /** What was asked: method, path, headers. */
  requests = [];

  constructor(page, task, answers) {
    this.answers = [...answers];
    this.ready = page.route(`${task.leader.url}**`, (route) => this.#answer(route));
  }

  async #answer(route) {
    const request = route.request();
    this.requests.push({ method: request.method(), url: request.url(), headers: request.headers() });
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer === "unreachable") return route.abort();
    const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after", ...answer.headers };
    return route.fulfill({ ...answer, headers });
  }
}

/** Returns the answer with a problem of the protocol. */
export function problem(kind, status = 400) {
  const body = JSON.stringify({ type: `urn:ietf:params:ppm:dap:error:${kind}`, title: kind });
  return { status, contentType: "application/problem+json", body };
}
