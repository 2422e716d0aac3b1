/* The requests, one row each: waiting, then in the handler by where it ran and whether it held the loop, then the answer's way back.

   A bar that is still open is drawn once, to the edge of the plot; a curtain in the background's colour hides what has not
   happened yet. So a frame moves one rectangle, and only an event touches a row. */

import { BUDGET } from "./waterfall-summary.js";
import { element, set } from "./waterfall-svg.js";
import { seconds } from "./waterfall-words.js";

const HEIGHTS = [[16, 19], [24, 16], [32, 13], [48, 9], [70, 6.5]];
const MOST_PIXELS = 460;
const CARRIES_TEXT = 12;

export class Bars {
  constructor(prefix) {
    this.prefix = prefix;
    this.labels = element("g");
    this.layer = element("g");
    this.values = element("g");
    this.future = element("rect");
    this.cloth = element("rect", { class: "waterfall__curtain" });
    this.curtain = element("g", { "clip-path": `url(#${prefix}-future)` });
    const clip = element("clipPath", { id: `${prefix}-future` });
    clip.append(this.future);
    this.defs = clip;
    this.mark = element("rect", { class: "waterfall__mark", rx: 3, visibility: "hidden" });
  }

  /* Places the rows and gives the y below them. */
  layout(trace, axis, top, path) {
    const count = trace.requests;
    this.top = top;
    this.pitch = HEIGHTS.find(([most]) => count <= most)?.[1] ?? Math.max(2, MOST_PIXELS / count);
    this.bar = Math.max(1.5, this.pitch - (this.pitch > 8 ? 4 : this.pitch > 4 ? 1.5 : 0.5));
    const every = this.pitch >= CARRIES_TEXT ? 1 : this.pitch >= 6 ? 5 : 10;
    const fits = path && path.length <= Math.floor((axis.left - 14) / 6.7);
    const each = fits && path.includes("{n}") && this.pitch >= CARRIES_TEXT;
    this.labels.replaceChildren(element("text", { class: "waterfall__row", x: axis.left - 10, y: 13, "text-anchor": "end" }, fits && !each ? path : ""));
    this.layer.replaceChildren();
    this.values.replaceChildren();
    this.drawn = trace.rows.map((row, i) => {
      const y = top + i * this.pitch;
      row.changed = true;
      if (i === 0 || (i + 1) % every === 0 || every === 1) {
        const text = each ? path.replace("{n}", row.n) : String(row.n);
        this.labels.append(element("text", { class: "waterfall__row", x: axis.left - 10, y: y + this.pitch / 2 + 4, "text-anchor": "end" }, text));
      }
      const group = element("g");
      const value = element("text", { class: "waterfall__value", y: y + this.pitch / 2 + 4 });
      this.layer.append(group);
      if (this.pitch >= CARRIES_TEXT) this.values.append(value);
      return { group, value, y: y + (this.pitch - this.bar) / 2 };
    });
    this.bottom = top + count * this.pitch;
    return this.bottom;
  }

  paint(trace, axis, now) {
    const far = axis.left + axis.width + 8;
    const holder = trace.holder();
    if (holder !== this.holder) {
      for (const n of [holder, this.holder]) if (n) trace.row(n).changed = true;
      this.holder = holder;
    }
    trace.rows.forEach((row, i) => {
      if (!row.changed || !this.drawn[i]) return;
      row.changed = false;
      this.draw(row, this.drawn[i], trace, axis, far);
    });
    const x = axis.x(now);
    set(this.curtain, { visibility: trace.closed || !trace.clock ? "hidden" : "visible" });
    set(this.future, { x, width: Math.max(0, far + 60 - x), y: this.top - 4, height: this.bottom - this.top + 6 });
  }

  /* The curtain carries the grid, so that the part of the plot that is still to come looks like the rest. */
  hang(axis) {
    set(this.cloth, { x: axis.left, width: axis.width + 68, y: this.top - 4, height: this.bottom - this.top + 6 });
    this.curtain.replaceChildren(this.cloth, ...[...axis.grid.children].map(line => line.cloneNode()));
  }

  draw(row, { group, value, y }, trace, axis, far) {
    const shapes = [];
    const rx = this.bar > 6 ? 2 : 0;
    const from = (a, b, state, height = this.bar) => {
      const x = axis.x(a);
      const end = b === null ? (trace.closed ? axis.x(trace.clock) : far) : axis.x(b);
      const fill = ["waiting", "holding", "thread", "failed"].includes(state) ? { fill: `url(#${this.prefix}-${state})` } : {};
      shapes.push(element("rect", { class: `waterfall__bar waterfall__bar--${state}`, x, y: y + (this.bar - height) / 2, width: Math.max(0.8, end - x), height, rx, ...fill }));
    };
    const failed = row.done !== null && (!row.status || row.status >= 400);
    if (row.sent !== null && failed) from(row.sent, row.done, "failed");
    else if (row.sent !== null) {
      from(row.sent, row.start ?? row.done, "waiting");
      if (row.start !== null && row.where === "thread") from(row.start, row.end ?? row.done, "thread");
      else if (row.start !== null) this.turns(row, trace, axis, from);
      if (row.end !== null) from(row.end, row.done, "answering", Math.max(1.5, this.bar / 3));
    }
    group.replaceChildren(...shapes);
    const took = row.done === null || row.sent === null ? null : row.done - row.sent;
    value.textContent = took === null ? "" : failed ? (row.status ? `status ${row.status}` : row.left ? "left" : "no answer") : seconds(took);
    if (took === null) return;
    set(value, { x: axis.x(row.done) + 6 });
  }

  /* A handler on the loop: its turns, and awaiting between them. A gap too narrow to see is left to its neighbours. */
  turns(row, trace, axis, from) {
    const stop = row.end ?? row.done;
    const awaited = (a, b) => {
      if (b === null || axis.x(b) - axis.x(a) >= 1.5) from(a, b, "awaiting");
    };
    let at = row.start;
    for (const [a, b] of row.slices) {
      const [begun, over] = [Math.max(a, at), stop === null ? b : Math.min(b, stop)];
      if (over <= begun) continue;
      awaited(at, begun);
      from(begun, over, b - a >= BUDGET ? "holding" : "running");
      at = over;
    }
    if (trace.holder() === row.n) from(Math.max(at, trace.turn), null, "holding");
    else if (stop === null || stop > at) awaited(at, stop);
  }

  /* All rows have to be drawn anew: the axis has another scale. */
  stale(trace) {
    for (const row of trace.rows) row.changed = true;
  }

  highlight(n, width) {
    if (!n) return set(this.mark, { visibility: "hidden" });
    return set(this.mark, { visibility: "visible", x: 0, width, y: this.top + (n - 1) * this.pitch - 0.5, height: Math.max(3, this.pitch + 1) });
  }

  /* The request under this height of the drawing, or null. */
  at(y) {
    const n = Math.floor((y - this.top) / this.pitch) + 1;
    return n >= 1 && n <= this.drawn.length ? n : null;
  }
}
