/* <browser-sender>: this browser fires requests at a live program, and the page shows what it saw beside what the server noted.

   Attributes  data-lab    lesson and lab, under which what was sent is kept for the figure that compares senders (sender-record.js)
   Inside      form with radios `program` (data-url, data-method, data-label), `address` (own, same), `cache` (a mode of fetch) and a
               number `requests`; [data-told] one sentence; [data-results] with what browser-table.js fills, [data-chart] and its
               two [data-plot], [data-readout]; [data-said] a live region; [data-other-host] with a link, shown where this
               page has a second name
   Events      interleave:sent on the document when all answers are here
   Without it  the form stays hidden; the addresses beside it can be opened in tabs.

   A row is drawn when the browser tells of it, which is when its answer is there. Nothing is drawn that was not told. */

import { BrowserDrawing } from "./browser-drawing.js";
import { showRows, showSummary } from "./browser-table.js";
import { summary, Timings } from "./browser-timings.js";
import { WORDS } from "./browser-words.js";
import { keep } from "./sender-record.js";
import { Reading } from "./waterfall-reading.js";

const OTHER_NAMES = { "127.0.0.1": "localhost", localhost: "127.0.0.1" };

class BrowserSender extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.results = this.querySelector("[data-results]");
    const chart = this.querySelector("[data-chart]");
    Object.assign(this, { rows: [], drawing: new BrowserDrawing(chart) });
    this.reading = new Reading(chart, this.querySelector("[data-readout]"), this, WORDS);
    new ResizeObserver(([{ contentRect }]) => contentRect.width !== this.drawing.across && this.paint()).observe(chart);
    this.form.hidden = false;
    this.form.addEventListener("submit", event => {
      event.preventDefault();
      event.stopPropagation(); /* the lab around it takes a form that is sent for one of its own */
      this.send(this.choice());
    });
    this.meet(OTHER_NAMES[location.hostname]);
  }

  /* What a reading reads. */
  get trace() {
    return { rows: this.rows, requests: this.rows.length, clock: this.rows.length };
  }

  choice() {
    const { program, address, cache, requests } = this.form.elements;
    const chosen = this.form.querySelector("[name=program]:checked");
    return { ...chosen.dataset, variant: program.value, address: address.value, cache: cache.value, count: Number(requests.value) };
  }

  async send(choice) {
    if (this.sending) return;
    this.sending = true;
    const button = this.form.querySelector("[data-send]");
    button.setAttribute("aria-disabled", "true");
    this.tell(WORDS.sending(choice.count));
    const stamp = Date.now();
    const urls = Array.from({ length: choice.count }, (_, i) => this.address(choice, `${stamp}-${i + 1}`));
    this.results.hidden = false;
    this.reading.choose(0);
    const timings = new Timings(urls, () => this.show(timings.rows()));
    this.show(urls.map((_, i) => ({ n: i + 1, status: null, seen: null, server: null })));
    const statuses = await Promise.all(urls.map(url => ask(url, choice)));
    await timings.all();
    const rows = timings.rows();
    rows.forEach((row, i) => (row.status ||= statuses[i]));
    this.show(rows);
    this.end(choice, summary(rows));
    button.removeAttribute("aria-disabled");
    this.sending = false;
  }

  address({ url, address }, own) {
    const full = new URL(url, location.href);
    if (address === "own") full.search += `${full.search ? "&" : "?"}request=${own}`;
    return full.href;
  }

  end(choice, figures) {
    this.tell(WORDS.done(figures));
    keep(this.dataset.lab, choice, figures);
    document.dispatchEvent(new CustomEvent("interleave:sent"));
  }

  show(rows) {
    this.rows = rows;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  paint() {
    if (!this.rows.length) return;
    this.drawing.paint(this.rows);
    this.reading.paint();
    showRows(this.results, this.rows);
    showSummary(this.results, summary(this.rows));
  }

  tell(text) {
    const told = this.querySelector("[data-told]");
    told.hidden = false;
    told.textContent = text;
    this.say(text);
  }

  say(text) {
    this.querySelector("[data-said]").textContent = text;
  }

  /* Another name of this machine is another host for a browser: the link leads to this page there. */
  meet(name) {
    if (!name) return;
    const place = this.querySelector("[data-other-host]");
    const link = place.querySelector("a");
    link.href = Object.assign(new URL(location.href), { hostname: name }).href;
    link.prepend(name);
    place.hidden = false;
  }
}

/* The status of one answer, read to its end; 0 where none came. */
async function ask(url, { method, cache }) {
  try {
    const answer = await fetch(url, { method, cache });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

customElements.define("browser-sender", BrowserSender);
