/* What the loop's state does to others, on the same axis: a small request beside the load, and the thread pool. */

import { BUDGET } from "./waterfall-summary.js";
import { element, set } from "./waterfall-svg.js";
import { Strip } from "./waterfall-strips.js";
import { WORDS } from "./waterfall-words.js";

/* The bystander: each ping stands where it was sent, as tall as it waited. One that is not answered yet grows. */
export class PingLane extends Strip {
  constructor() {
    super("Bystander", "a ping every 20 ms", 38);
    this.answered = element("path", { class: "waterfall__ping" });
    this.late = element("path", { class: "waterfall__ping waterfall__ping--late" });
    this.open = element("path", { class: "waterfall__ping waterfall__ping--open" });
    this.plot.append(this.answered, this.late, this.open);
  }

  paint(trace, axis, now) {
    const { longestWait } = trace.figures();
    const waited = ping => (ping.done ?? Math.max(now, ping.sent)) - ping.sent;
    const pings = [...trace.pings.values()];
    const most = Math.max(0.1, ...pings.map(waited));
    let [answered, late, open] = ["", "", ""];
    for (const ping of pings) {
      const wait = waited(ping);
      const tick = `M${axis.x(ping.sent).toFixed(1)},${this.bottom}V${Math.min(this.bottom - 1.5, this.y(wait, most)).toFixed(1)}`;
      if (ping.done === null) open += tick;
      else if (wait >= BUDGET) late += tick;
      else answered += tick;
    }
    set(this.answered, { d: answered });
    set(this.late, { d: late });
    set(this.open, { d: open });
    this.value.textContent = longestWait === null ? "" : WORDS.up(longestWait);
  }
}

/* Tokens in use as steps; above the pool's size, hatched, the requests that wait for one. */
export class TokenStrip extends Strip {
  constructor(prefix) {
    super("Thread tokens", "", 36);
    this.used = element("path", { class: "waterfall__tokens" });
    this.waiting = element("path", { class: "waterfall__queue", fill: `url(#${prefix}-waiting)` });
    this.size = element("line", { class: "waterfall__limit" });
    this.plot.append(this.waiting, this.used, this.size);
  }

  paint(trace, axis, now, pool) {
    const { peakTokens, tokensTotal } = trace.figures();
    const total = tokensTotal ?? pool;
    const most = Math.max(1, total ?? 0, ...trace.tokens.map(event => event.used + event.waiting));
    const steps = level => {
      let d = "";
      for (const event of trace.tokens) d += `${d ? "" : `M${axis.x(event.t).toFixed(1)},${this.bottom}`}H${axis.x(event.t).toFixed(1)}V${this.y(level(event), most).toFixed(1)}`;
      return d && `${d}H${axis.x(now).toFixed(1)}V${this.bottom}Z`;
    };
    set(this.waiting, { d: trace.tokens.some(event => event.waiting) ? steps(event => event.used + event.waiting) : "" });
    set(this.used, { d: peakTokens ? steps(event => event.used) : "" });
    const y = this.y(total ?? most, most);
    set(this.size, { x1: axis.left, x2: axis.left + axis.width, y1: y, y2: y, visibility: total ? "visible" : "hidden" });
    this.meaning.textContent = WORDS.pool(total);
    this.value.textContent = trace.clock ? WORDS.peak(peakTokens, total) : "";
  }
}
