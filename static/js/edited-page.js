/* Shows the page as it was edited: what is the same stays, with its scroll, focus and what was typed; the rest is put in its place.
   The page that the server sent is compared with the one that it sends now, piece by piece: what scripts made of it since does not
   count. `[data-pieces]` is a place that is made of pieces. A lab whose run is on is waited for. */

import { parse, showRegions } from "./fragments.js";
import { focusIn, keep } from "./kept-input.js";

const ON = ["starting", "queued", "running"];
const SETTLED_MS = 400;

const same = (one, other) => one.outerHTML === other.outerHTML;
const name = piece => piece.id || piece.getAttribute("aria-labelledby") || piece.dataset.region || null;
const isRunning = piece => [piece, ...piece.querySelectorAll("live-lab")].some(lab => lab.localName === "live-lab" && ON.includes(lab.dataset.state));

export class EditedPage {
  #sent = null;
  waits = false;

  constructor(course) {
    this.course = course;
    this.ready = this.#load("force-cache"); /* the answer that this page was made of */
    for (const event of ["interleave:progress", "interleave:swapped"]) document.addEventListener(event, () => this.#settle());
  }

  /* Show the page as the course of this tag has it. Whether there was an answer, if one was asked for. */
  async follow(course) {
    await this.ready;
    if (course === this.course) return true;
    if (this.waits && isRunning(document.body)) return true;
    const answer = await this.#page("no-cache");
    if (answer === undefined) return false;
    this.waits = answer !== null && !this.#show(answer);
    if (!this.waits) this.course = course;
    return true;
  }

  /* What the reader did has changed what the server would send: it is no edit. */
  #settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.ready = this.#load("no-cache"); }, SETTLED_MS);
  }

  async #load(cache) {
    const page = await this.#page(cache);
    if (page?.querySelector("course-edits")?.dataset.course === this.course) this.#sent = page;
  }

  /* undefined without an answer; null where there is no such page any more. */
  async #page(cache) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache, credentials: "same-origin" });
      return answer.ok ? parse(await answer.text()) : null;
    } catch {
      return undefined;
    }
  }

  #show(page) {
    const [shown, sent, fresh] = [document, this.#sent ?? document, page].map(one => one.querySelector("main"));
    const work = [];
    plan(shown, sent, fresh.cloneNode(true), work);
    if (work.some(({ changed }) => changed.some(isRunning))) return false;
    const [mark, top] = firstInView(shown);
    for (const { act } of work) act();
    if (mark?.isConnected) scrollBy({ top: mark.getBoundingClientRect().top - top, behavior: "instant" });
    document.title = page.title;
    showRegions(page);
    this.#sent = page;
    return true;
  }
}

/* Collects what is to be done so that `place`, sent as `before`, shows `fresh`; and the pieces that it changes. */
function plan(place, before, fresh, work) {
  const [shown, sent, next] = [place, before, fresh].map(one => [...one.children]);
  if (shown.length !== sent.length) {
    work.push({ changed: shown, act: () => place.replaceChildren(...next.map(piece => document.adoptNode(piece))) });
    return;
  }
  const free = new Set(shown.keys());
  const take = fits => { for (const at of free) if (fits(at)) { free.delete(at); return at; } return -1; };
  const unchanged = next.map(piece => take(at => same(sent[at], piece)));
  const result = next.map((piece, index) => {
    if (unchanged[index] >= 0) return shown[unchanged[index]];
    const at = take(at => (name(piece) ? name(sent[at]) === name(piece) : !name(sent[at]) && sent[at].localName === piece.localName));
    if (at >= 0 && "pieces" in piece.dataset && "pieces" in sent[at].dataset) {
      plan(shown[at], sent[at], piece, work);
      return shown[at];
    }
    const old = at >= 0 ? shown[at] : null;
    if (old) work.push({ changed: [old], act: () => replace(old, piece) });
    return piece;
  });
  const gone = [...free].map(at => shown[at]);
  work.push({ changed: gone, act: () => arrange(place, result, gone) });
}

function replace(old, piece) {
  const focused = focusIn(old);
  old.replaceWith(document.adoptNode(piece));
  keep(old, piece);
  focused?.(piece)?.focus({ preventScroll: true });
}

function arrange(place, result, gone) {
  for (const piece of gone) piece.remove();
  result.forEach((piece, index) => { if (place.children[index] !== piece) place.insertBefore(document.adoptNode(piece), place.children[index] ?? null); });
}

/* The first piece that can be seen, and where: it stays there. */
function firstInView(main) {
  const pieces = [...main.querySelectorAll("[data-pieces] > :not([data-pieces])")];
  const mark = pieces.find(piece => piece.getBoundingClientRect().bottom > 0 && piece.getClientRects().length);
  return [mark, mark?.getBoundingClientRect().top];
}
