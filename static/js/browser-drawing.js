/* Two plots of the same requests: what this browser saw, and what this server noted. One row a request in both, one scale, and each
   with a zero of its own, for the clocks are two. Inks and textures alone: a browser cannot see what the colours of a run stand for.

   `chart` holds [data-plot="browser"] and [data-plot="server"]. */

import { Axis } from "./waterfall-axis.js";
import { element, set, textures } from "./waterfall-svg.js";
import { seconds } from "./waterfall-words.js";

const TOP = 26;
const MARGINS = { left: 26, right: 54 };
const LEAST_END = 0.01;
const PITCHES = [[16, 18], [24, 15], [40, 12]];
let drawings = 0;

class Plot {
  constructor(place, prefix) {
    Object.assign(this, { place, prefix, axis: new Axis() });
    this.svg = element("svg", { class: "waterfall__drawing", "aria-hidden": "true" });
    this.mark = element("rect", { class: "waterfall__mark", rx: 3, visibility: "hidden" });
    this.bars = element("g");
    const defs = textures(prefix);
    const connect = element("pattern", { id: `${prefix}-connect`, width: 4, height: 4, patternUnits: "userSpaceOnUse" });
    connect.append(element("rect", { width: 4, height: 4, class: "sender__fill-connect" }), element("path", { d: "M1,0V4", class: "sender__stroke-connect" }));
    defs.append(connect);
    this.svg.append(defs, this.axis.grid, this.mark, this.bars, this.axis.labels);
    place.append(this.svg);
  }

  /* `bars` by row: {parts: [[state, from, to], …], from, end, label}; null where nothing is known. */
  paint(bars, end, pitch) {
    this.width = this.place.clientWidth;
    this.bottom = TOP + bars.length * pitch;
    set(this.svg, { width: this.width, height: this.bottom + 4 });
    Object.assign(this.axis, { end, left: MARGINS.left, width: this.width - MARGINS.left - MARGINS.right, drawn: "" });
    this.axis.draw(TOP, this.bottom);
    this.bars.replaceChildren(...bars.flatMap((bar, i) => this.row(bar, i, TOP + i * pitch, pitch)));
  }

  row(bar, i, y, pitch) {
    const middle = y + pitch / 2 + 4;
    const number = element("text", { class: "waterfall__row", x: MARGINS.left - 8, y: middle, "text-anchor": "end" }, String(i + 1));
    if (!bar) return [number];
    const shapes = bar.parts.map(([state, from, to]) => {
      const height = state === "download" ? Math.max(3, (pitch - 4) / 2) : pitch - 4;
      const fill = { queued: "waiting", room: "waiting", connect: "connect", failed: "failed" }[state];
      const x = this.axis.x(from);
      return element("rect", { class: `sender__bar sender__bar--${state}`, x, y: y + (pitch - height) / 2, width: Math.max(1, this.axis.x(to) - x), height, ...(fill && { fill: `url(#${this.prefix}-${fill})` }) });
    });
    return [number, ...shapes, element("text", { class: "waterfall__value", x: this.axis.x(bar.end) + 6, y: middle }, bar.label)];
  }
}

export class BrowserDrawing {
  constructor(chart) {
    const prefix = `sender-${++drawings}`;
    this.chart = chart;
    this.plots = ["browser", "server"].map(name => new Plot(chart.querySelector(`[data-plot="${name}"]`), `${prefix}-${name}`));
    this.bars = this; /* what a reading asks for: at and highlight */
  }

  paint(rows) {
    this.across = this.chart.clientWidth;
    if (!this.across) return;
    this.pitch = PITCHES.find(([most]) => rows.length <= most)?.[1] ?? 9;
    const [browser, server] = [rows.map(ofBrowser), rows.map(ofServer)];
    const axis = this.plots[0].axis;
    axis.begin(LEAST_END);
    for (const bar of [...browser, ...server]) if (bar) axis.fit(bar.end);
    this.rows = rows.length;
    this.plots[0].paint(browser, axis.end, this.pitch);
    this.plots[1].paint(server, axis.end, this.pitch);
    this.width = this.plots[0].width;
  }

  at(y) {
    const top = this.chart.getBoundingClientRect().top;
    for (const { svg } of this.plots) {
      const n = Math.floor((y + top - svg.getBoundingClientRect().top - TOP) / this.pitch) + 1;
      if (n >= 1 && n <= this.rows) return n;
    }
    return null;
  }

  highlight(n) {
    for (const { mark, width } of this.plots) set(mark, n ? { visibility: "visible", x: 0, width, y: TOP + (n - 1) * this.pitch - 0.5, height: this.pitch + 1 } : { visibility: "hidden" });
  }
}

function ofBrowser({ seen, status }) {
  if (!seen) return null;
  const failed = !status || status >= 400;
  const parts = seen.hidden || failed ? [[failed ? "failed" : "hidden", seen.start, seen.end]] : seen.parts;
  return { parts, end: seen.end, label: failed ? (status ? `status ${status}` : "no answer") : seconds(seen.end - seen.start) };
}

function ofServer({ server }) {
  if (!server) return null;
  const [asked, end] = [server.arrived + server.room, server.arrived + server.room + server.program];
  return { parts: [["room", server.arrived, asked], ["program", asked, end]], end, label: seconds(server.program) };
}
