/* The run before this one, as a dashed outline over the rows: where each of its requests was done. Its name stands below them. */

import { element, set } from "./waterfall-svg.js";

export class Silhouette {
  constructor() {
    this.layer = element("g");
    this.area = element("path", { class: "waterfall__shadow" });
    this.edge = element("path", { class: "waterfall__silhouette" });
    this.label = element("text", { class: "waterfall__silhouette-name" });
    this.layer.append(this.area, this.edge, this.label);
    this.show([], "");
  }

  /* `ends`: seconds, one a row. Rows of a run with another number of requests do not correspond: nothing is drawn then. */
  show(ends, label) {
    this.ends = ends;
    this.words = label;
  }

  longest(rows) {
    return this.fits(rows) ? Math.max(...this.ends) : 0;
  }

  fits(rows) {
    return this.ends.length === rows && rows > 0;
  }

  draw(axis, bars, rows) {
    if (!this.fits(rows)) return set(this.layer, { visibility: "hidden" });
    let edge = "";
    this.ends.forEach((end, i) => {
      const x = axis.x(end).toFixed(1);
      edge += `${i ? "H" : "M"}${i ? x : `${x},${bars.top}`}V${(bars.top + (i + 1) * bars.pitch).toFixed(1)}`;
    });
    set(this.edge, { d: edge });
    set(this.area, { d: `${edge}H${axis.left}V${bars.top}Z` });
    const last = axis.x(this.ends.at(-1));
    const inside = last - axis.left > 150;
    set(this.label, { x: inside ? last + 1 : last - 1, "text-anchor": inside ? "end" : "start", y: bars.bottom + 14 });
    this.label.textContent = this.words;
    return set(this.layer, { visibility: "visible" });
  }
}
