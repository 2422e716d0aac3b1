/* Read one request at a time: arrows, Home and End, or a pointer over its row. It is highlighted and said in words: in sight at
   once, and to a screen reader when a key asked for it. */

import { WORDS } from "./waterfall-words.js";

const MOVES = { ArrowDown: n => n + 1, ArrowUp: n => n - 1, Home: () => 1, End: () => Infinity, Escape: () => 0 };

export class Reading {
  constructor(chart, readout, waterfall, words = WORDS) {
    Object.assign(this, { chart, readout, waterfall, words, n: 0 });
    chart.tabIndex = 0;
    chart.addEventListener("keydown", event => this.key(event));
    chart.addEventListener("pointermove", event => this.point(event));
    chart.addEventListener("pointerleave", () => this.choose(0));
    chart.addEventListener("blur", () => this.choose(0));
  }

  key(event) {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const least = event.key === "Escape" ? 0 : 1;
    this.choose(Math.max(least, Math.min(this.waterfall.trace.requests, move(this.n))));
    if (this.n) this.waterfall.say(this.readout.textContent);
  }

  point(event) {
    this.choose(this.waterfall.drawing.bars.at(event.clientY - this.chart.getBoundingClientRect().top) ?? 0);
  }

  choose(n) {
    this.n = n;
    this.paint();
  }

  paint() {
    const { trace, drawing } = this.waterfall;
    const row = this.n ? trace.rows[this.n - 1] : null;
    drawing.bars.highlight(row ? this.n : 0, drawing.width);
    const text = row && trace.clock ? this.words.request(row, trace) : "";
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }
}
