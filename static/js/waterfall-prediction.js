/* What the reader predicted for this run, as a dotted line over the rows. Beyond the axis it waits at its edge, with an arrow. */

import { element, set } from "./waterfall-svg.js";
import { WORDS } from "./waterfall-words.js";

export class PredictionLine {
  constructor() {
    this.layer = element("g");
    this.line = element("line", { class: "waterfall__prediction" });
    this.label = element("text", { class: "waterfall__prediction-name" });
    this.layer.append(this.line, this.label);
    this.show(null);
  }

  /* Seconds, or null where nothing was predicted. */
  show(seconds) {
    this.seconds = seconds;
  }

  /* The name stands below the rows, or just above their end where the run before this one has its name there. */
  draw(axis, bars, crowded) {
    if (!this.seconds) return set(this.layer, { visibility: "hidden" });
    const x = axis.x(this.seconds);
    const beyond = this.seconds > axis.end;
    const inside = x - axis.left > axis.width / 2;
    set(this.line, { x1: x, x2: x, y1: bars.top - 4, y2: bars.bottom + (crowded ? 0 : 4) });
    set(this.label, { x: x + (inside ? -6 : 6), "text-anchor": inside ? "end" : "start", y: crowded ? bars.bottom - 5 : bars.bottom + 14 });
    this.label.textContent = WORDS.predicted(this.seconds, beyond);
    return set(this.layer, { visibility: "visible" });
  }
}
