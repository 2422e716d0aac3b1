/* The loop under the rows, on the same axis: who held it, and how late it ran what was ready. Cause above effect. */

import { BUDGET } from "./waterfall-summary.js";
import { element, set } from "./waterfall-svg.js";
import { NOTHING, WORDS } from "./waterfall-words.js";

/* A strip: a framed plot with its name, what it means, and the value of the run beside it. */
export class Strip {
  constructor(name, meaning, height) {
    Object.assign(this, { height, layer: element("g"), plot: element("g") });
    this.frame = element("rect", { class: "waterfall__plot", rx: 2 });
    this.name = element("text", { class: "waterfall__name" }, name);
    this.meaning = element("text", { class: "waterfall__meaning" }, meaning);
    this.value = element("text", { class: "waterfall__value" });
    this.layer.append(this.frame, this.plot, this.name, this.meaning, this.value);
  }

  /* Wide: the name stands in the margin. Narrow: on a line of its own above the plot. Gives the y below the strip. */
  layout(axis, top, narrow) {
    this.top = narrow ? top + 18 : top;
    this.bottom = this.top + this.height;
    set(this.frame, { x: axis.left, width: axis.width, y: this.top, height: this.height });
    const beside = { x: axis.left - 10, "text-anchor": "end" };
    set(this.name, narrow ? { x: axis.left, y: this.top - 6, "text-anchor": "start" } : { ...beside, y: this.top + (this.height < 24 ? this.height / 2 + 4 : 13) });
    set(this.meaning, { ...beside, y: this.top + 27, visibility: narrow || this.height < 24 ? "hidden" : "visible" });
    set(this.value, narrow ? { x: axis.left + axis.width, y: this.top - 6, "text-anchor": "end" } : { x: axis.left + axis.width + 8, y: this.top + 12, "text-anchor": "start" });
    return this.bottom;
  }

  y(value, most) {
    return this.bottom - Math.min(1, value / most) * (this.height - 4);
  }
}

export class HoldStrip extends Strip {
  constructor(prefix) {
    super("Loop held", "", 18);
    this.path = element("path", { class: "waterfall__held", fill: `url(#${prefix}-holding)` });
    this.turns = element("path", { class: "waterfall__turns" });
    this.plot.append(this.turns, this.path);
  }

  paint(trace, axis, now) {
    const blocks = { true: "", false: "" };
    const block = (a, b) => {
      const x = axis.x(a);
      blocks[b - a >= BUDGET] += `M${x.toFixed(1)},${this.top + 2}H${Math.max(x + 0.8, axis.x(b) - 1).toFixed(1)}V${this.bottom - 2}H${x.toFixed(1)}Z`;
    };
    for (const slice of trace.slices) block(slice.t, slice.end);
    if (trace.held) block(trace.turn, Math.max(now, trace.turn));
    set(this.path, { d: blocks.true });
    set(this.turns, { d: blocks.false });
    const { maxHold } = trace.figures();
    this.value.textContent = maxHold === null ? (trace.clock ? NOTHING : "") : WORDS.longest(maxHold);
  }
}

export class LagStrip extends Strip {
  constructor(prefix) {
    super("Loop lag", "the ready batch ahead of you", 40);
    this.clip = element("rect");
    const clip = element("clipPath", { id: `${prefix}-over` });
    clip.append(this.clip);
    this.within = element("path", { class: "waterfall__lag" });
    this.over = element("path", { class: "waterfall__lag waterfall__lag--over", "clip-path": `url(#${prefix}-over)` });
    this.budget = element("line", { class: "waterfall__limit" });
    this.plot.append(clip, this.within, this.over, this.budget);
  }

  /* A callback that ran late was ready all the while: its lag rises from the moment it was ready to the moment it ran. */
  paint(trace, axis, now) {
    const { maxLag } = trace.figures();
    const most = Math.max(0.1, maxLag ?? 0);
    let d = "";
    const rise = (t, lag) => {
      if (lag > 0.0005) d += `M${axis.x(Math.max(0, t - lag)).toFixed(1)},${this.bottom}L${axis.x(t).toFixed(1)},${this.y(lag, most).toFixed(1)}V${this.bottom}Z`;
    };
    for (const [t, lag] of trace.lags) rise(t, lag);
    if (trace.held) rise(now, now - trace.held.since);
    const y = this.y(BUDGET, most);
    set(this.within, { d });
    set(this.over, { d });
    set(this.budget, { x1: axis.left, x2: axis.left + axis.width, y1: y, y2: y });
    set(this.clip, { x: axis.left, width: axis.width + 4, y: this.top, height: Math.max(0, y - this.top) });
    this.value.textContent = maxLag === null ? "" : WORDS.up(maxLag);
  }
}
