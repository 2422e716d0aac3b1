/* One drawing of a run: axis, rows and strips in one SVG on one time axis. It is told what to draw and when; it knows no stream. */

import { Axis } from "./waterfall-axis.js";
import { Bars } from "./waterfall-bars.js";
import { PingLane, TokenStrip } from "./waterfall-lanes.js";
import { PredictionLine } from "./waterfall-prediction.js";
import { Silhouette } from "./waterfall-silhouette.js";
import { HoldStrip, LagStrip } from "./waterfall-strips.js";
import { element, set, textures } from "./waterfall-svg.js";
import { seconds } from "./waterfall-words.js";

const NARROW = 560;
const TOP = 26;
const UNDER_ROWS = 20; /* the silhouette's name stands there */
const MARGINS = { wide: { left: 152, right: 88 }, narrow: { left: 30, right: 46 } };
let drawings = 0;

export class Drawing {
  constructor({ bystander }) {
    const prefix = `drawing-${++drawings}`;
    this.axis = new Axis();
    this.bars = new Bars(prefix);
    this.silhouette = new Silhouette();
    this.prediction = new PredictionLine();
    this.strips = [new HoldStrip(prefix), new LagStrip(prefix), ...(bystander ? [new PingLane()] : []), new TokenStrip(prefix)];
    this.line = element("line", { class: "waterfall__now" });
    this.time = element("text", { class: "waterfall__time", y: 13, "text-anchor": "middle" });
    this.svg = element("svg", { class: "waterfall__drawing", "aria-hidden": "true" });
    const defs = textures(prefix);
    defs.append(this.bars.defs);
    this.svg.append(defs, this.axis.grid, this.bars.mark, this.bars.layer, this.bars.curtain, this.silhouette.layer, this.prediction.layer, this.bars.labels, this.bars.values);
    this.svg.append(...this.strips.map(strip => strip.layer), this.axis.labels, this.line, this.time);
  }

  begin(requests, ends, label, prediction) {
    this.axis.begin();
    this.silhouette.show(ends, label);
    this.prediction.show(prediction);
    this.axis.fit(this.silhouette.longest(requests));
  }

  layout(trace, width, path) {
    const narrow = width < NARROW;
    const { left, right } = MARGINS[narrow ? "narrow" : "wide"];
    this.width = width;
    Object.assign(this.axis, { left, width: Math.max(0, width - left - right), drawn: "" }); /* a place that is still being laid out may be narrower than the margins */
    let y = this.bars.layout(trace, this.axis, TOP, narrow ? "" : path) + UNDER_ROWS;
    for (const strip of this.strips) y = strip.layout(this.axis, y, narrow) + 8;
    this.bottom = y - 8;
    set(this.svg, { width, height: y + 4 });
  }

  paint(trace, now, pool) {
    if (this.axis.fit(trace.clock)) this.bars.stale(trace);
    const drawn = this.axis.drawn;
    this.axis.draw(this.bars.top, this.bars.bottom);
    if (drawn !== this.axis.drawn) {
      this.bars.hang(this.axis);
      this.silhouette.draw(this.axis, this.bars, trace.requests);
      this.prediction.draw(this.axis, this.bars, this.silhouette.fits(trace.requests));
    }
    this.bars.paint(trace, this.axis, now);
    for (const strip of this.strips) strip.paint(trace, this.axis, now, pool);
    this.point(trace.clock > 0 && !trace.closed ? now : null);
  }

  /* The moving line of the present; none before a run and after it. */
  point(now) {
    const visibility = now === null ? "hidden" : "visible";
    const x = this.axis.x(now ?? 0);
    set(this.line, { x1: x, x2: x, y1: this.bars.top - 4, y2: this.bottom, visibility });
    set(this.time, { x: Math.min(x, this.width - 26), visibility });
    if (now !== null) this.time.textContent = seconds(now);
    this.axis.yieldTo(now === null ? null : x);
  }
}
