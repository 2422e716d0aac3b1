/* <live-waterfall>: draws one run, live or from the stream of a finished one. Light DOM; the words inside come from the server.

   Attributes  data-events     URL of the run's stream; setting it draws that run from its first message on
               data-requests   rows to draw; data-pool: size of the thread pool; data-path: label of a row, may hold {n}
               data-bystander  present where the lab sends pings
               data-silhouette, data-silhouette-label   seconds by commas and a name: the run before this one
               data-prediction: seconds that the reader predicted for this run
   Inside      [data-chart] the drawing's place, focusable; [data-readout] one request in words; [data-pings] the bystander's
               sentence; [data-said] a live region: at most one sentence in three seconds; [data-invitation] shown before a run
   Events      waterfall:message {message, trace}, waterfall:paint {trace}, waterfall:lost, waterfall:found, waterfall:gone
   Without it  the invitation stays and the table under it has every number.

   Events of a run only change the trace; one animation frame paints. Reduced motion: two paints a second. */

import { follow, FINAL } from "./run-stream.js";
import { Drawing } from "./waterfall-drawing.js";
import { Reading } from "./waterfall-reading.js";
import { Trace } from "./waterfall-trace.js";
import { WORDS } from "./waterfall-words.js";

const PLAYOUT_SECONDS = 0.12; /* drawn so much after it happened, so that the time line moves evenly between two messages */
const PAPER_WIDTH = 640; /* what fits between the margins of A4 and of Letter */
const PAGE = ["pageshow", "beforeprint", "afterprint"];
const SAY_EVERY_MS = 3000;
const REDUCED_EVERY_MS = 500;
const PHASES = ["queued", "sent", "handler_start", "handler_end", "done"];

class LiveWaterfall extends HTMLElement {
  static observedAttributes = ["data-events", "data-requests"];

  connectedCallback() {
    if (!this.drawing) this.build();
    this.sized ??= new ResizeObserver(() => this.layout());
    this.sized.observe(this.chart);
    this.begin();
    for (const name of PAGE) addEventListener(name, this);
  }

  disconnectedCallback() {
    this.sized.disconnect();
    this.close?.();
    for (const name of PAGE) removeEventListener(name, this);
  }

  attributeChangedCallback(name, before, now) {
    if (this.drawing && this.isConnected && (name === "data-events" || before !== now)) this.begin();
  }

  handleEvent(event) {
    if (event.type === "beforeprint") this.layout(PAPER_WIDTH);
    else if (event.type === "afterprint") this.layout();
    else if (event.persisted && !this.trace.closed) this.begin();
  }

  build() {
    this.chart = this.querySelector("[data-chart]");
    this.reduced = matchMedia("(prefers-reduced-motion: reduce)");
    this.drawing = new Drawing({ bystander: "bystander" in this.dataset });
    this.chart.replaceChildren(this.drawing.svg);
    this.reading = new Reading(this.chart, this.querySelector("[data-readout]"), this);
  }

  /* A new run: forgets the last one, and follows the stream where there is one. */
  begin() {
    this.close?.();
    Object.assign(this, { trace: new Trace(Number(this.dataset.requests) || 1), base: null, said: 0, close: null });
    this.reading.choose(0);
    const ends = (this.dataset.silhouette ?? "").split(",").filter(Boolean).map(Number);
    this.drawing.begin(this.trace.requests, ends, this.dataset.silhouetteLabel ?? "", Number(this.dataset.prediction) || null);
    this.toggleAttribute("data-empty", !this.dataset.events);
    this.layout();
    if (this.dataset.events) {
      const tell = name => () => this.dispatchEvent(new CustomEvent(`waterfall:${name}`, { bubbles: true }));
      this.close = follow(this.dataset.events, { message: news => this.take(news), lost: tell("lost"), found: tell("found"), gone: tell("gone") });
    }
  }

  take(message) {
    const before = this.trace.requests;
    for (const event of message.events) this.trace.take(event);
    if (message.clock !== null) {
      this.trace.clock = Math.max(this.trace.clock, message.clock);
      const base = performance.now() / 1000 - message.clock;
      this.base = this.base === null ? base : Math.min(base, this.base);
    }
    if (FINAL.includes(message.state)) {
      this.trace.closed = true;
      this.trace.clock = Math.max(...this.trace.rows.map(row => row.done ?? (row.sent === null ? 0 : this.trace.clock)), 0) || this.trace.clock;
      this.drawing.bars.stale(this.trace);
    }
    if (this.trace.requests !== before) this.layout();
    this.dispatchEvent(new CustomEvent("waterfall:message", { bubbles: true, detail: { message, trace: this.trace } }));
    this.schedule();
  }

  /* The stream is gone, but its table is here: draw the requests from their rows, without the strips' events. */
  drawRows(rows) {
    if (!rows.length || this.trace.clock) return;
    const events = [...rows].flatMap(({ dataset }) => {
      const facts = { e: "request", n: Number(dataset.n), where: dataset.where || undefined, status: Number(dataset.status) };
      return dataset.moments.split(",").flatMap((t, i) => (t === "" ? [] : [{ ...facts, phase: PHASES[i], t: Number(t) }]));
    });
    if (events.length) this.take({ state: "finished", clock: Math.max(...events.map(event => event.t)), events });
  }

  /* The moment that is drawn: a little behind the run, never ahead of what is known. */
  get now() {
    if (this.trace.closed || this.base === null) return this.trace.clock;
    return Math.max(0, Math.min(this.trace.clock, performance.now() / 1000 - this.base - PLAYOUT_SECONDS));
  }

  schedule() {
    if (this.frame) return;
    const paint = () => {
      this.frame = null;
      this.paint();
      if (this.trace.clock && !this.trace.closed) this.schedule();
    };
    this.frame = this.reduced.matches ? setTimeout(paint, REDUCED_EVERY_MS) : requestAnimationFrame(paint);
  }

  layout(width = this.chart.clientWidth) {
    this.width = width;
    if (!this.width) return;
    this.drawing.layout(this.trace, this.width, this.dataset.path);
    this.paint();
  }

  paint() {
    if (!this.width) return;
    this.drawing.paint(this.trace, this.now, Number(this.dataset.pool) || null);
    this.reading.paint();
    const pings = this.querySelector("[data-pings]");
    const sentence = WORDS.pings(this.trace);
    if (pings.textContent !== sentence) pings.textContent = sentence;
    const running = this.trace.clock > 0 && !this.trace.closed;
    if (running && performance.now() - this.said > SAY_EVERY_MS) this.say(WORDS.progress(this.trace));
    this.dispatchEvent(new CustomEvent("waterfall:paint", { bubbles: true, detail: { trace: this.trace } }));
  }

  say(text) {
    this.said = performance.now();
    this.querySelector("[data-said]").textContent = text;
  }
}

customElements.define("live-waterfall", LiveWaterfall);
