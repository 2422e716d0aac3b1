/* The outbox: an answer is kept on this device, sent, and let go once the server has said what becomes of it. Several tabs may
   send the same one: its key makes that harmless. No DOM but events on the document:
     outbox:changed   what waits is another than before, in this tab or in another
     outbox:settled   {entry, status, fresh}: one has its answer; `fresh` is the server's <quiz-item>, or null

   An answer is final when this site gave it: stored, or refused for good (4xx). Everything else (no network, a time-out, 5xx, 429,
   the page of a hotel's Wi-Fi) is tried again: later and later, never at the same moment as thirty others, not before Retry-After. */

import { fetchFragment, parse } from "./fragments.js";
import * as store from "./outbox-store.js";

const SHOWN = new Set([200, 409, 422]);
const PASSING = new Set([408, 425, 429]);
const PATIENCE_MS = [10_000, 20_000, 40_000, 60_000]; /* by how often it was tried: a slow network gets more time each time */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

const sending = new Map();
let failures = 0;
let notBefore = 0;
let blocked = false;
let timer = 0;
let flushing = false;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`outbox:${name}`, { detail }));

/* Keep an answer; false where this device cannot. */
export const keep = entry => store.put(entry);

/* Send one. True once it has its answer; otherwise it waits, if it was kept. */
export function deliver(entry) {
  if (!sending.has(entry.key)) sending.set(entry.key, attempt(entry).finally(() => sending.delete(entry.key)));
  return sending.get(entry.key);
}

/* Send all that wait, in the order in which they were given. A network that is away ends it. */
export async function flush() {
  if (flushing) return;
  flushing = true;
  clearTimeout(timer);
  try {
    for (const entry of store.waiting()) if (!(await deliver(entry)) && blocked) break;
  } finally {
    flushing = false;
  }
  if (store.waiting().length) later();
}

/* A page has come: what an earlier one left behind waits from now on. */
export function begin(reader) {
  store.arrive(reader);
  for (const entry of store.all()) if (!entry.tries) store.put({ ...entry, tries: 1 });
  store.watch(() => tell("changed"));
  addEventListener("online", () => soon(200 + Math.random() * 1800));
  addEventListener("pageshow", ({ persisted }) => persisted && (tell("changed"), soon(0)));
  tell("changed");
  soon(0);
}

async function attempt(entry) {
  const answer = await ask(entry);
  const fresh = SHOWN.has(answer.status) ? parse(answer.html).querySelector("quiz-item") : null;
  const refused = answer.status >= 400 && answer.status < 500 && !PASSING.has(answer.status);
  if (!answer.own || !(fresh || refused)) return wait(entry, answer);
  failures = notBefore = 0;
  if (answer.status !== 200 && entry.tries) store.put({ ...entry, refused: reason(fresh) });
  else store.remove(entry.key);
  tell("settled", { entry, status: answer.status, fresh });
  tell("changed");
  if (!flushing && store.waiting().length) soon(0);
  return true;
}

async function ask(entry) {
  const body = new FormData();
  for (const [name, value] of entry.fields) body.append(name, value);
  const timeout = PATIENCE_MS[Math.min(entry.tries, PATIENCE_MS.length - 1)];
  try {
    return await fetchFragment(entry.action, { method: "POST", body, timeout });
  } catch {
    return { status: 0, own: false, html: "", retryAfter: 0 };
  }
}

/* Nothing is known of what has become of it: it keeps its key. One that another tab has settled meanwhile stays settled. */
function wait(entry, { status, retryAfter }) {
  const kept = store.find(entry.key);
  if (kept && !kept.refused) store.put({ ...kept, tries: kept.tries + 1 });
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
  notBefore = performance.now() + Math.max(pause, retryAfter * 1000);
  blocked = status === 0 || retryAfter > 0;
  tell("changed");
  if (!flushing) later();
  return false;
}

function reason(fresh) {
  if (!fresh) return "gone";
  return fresh.dataset.state === "answered" ? "answered" : "changed";
}

function later() {
  soon(Math.max(0, notBefore - performance.now()));
}

function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(flush, milliseconds);
}
