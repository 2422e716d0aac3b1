/* The one time axis that the rows and all strips share. It ends at a round number, grows in nice steps, never shrinks in a run. */

import { element, set } from "./waterfall-svg.js";

const ENDS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
const STEPS = [1, 2, 2.5, 5, 10];
export const FIRST_END = 0.5;

const round = (value, choices) => {
  const power = 10 ** Math.floor(Math.log10(value));
  return (choices.find(choice => choice * power >= value - 1e-9) ?? 10) * power;
};

export class Axis {
  constructor() {
    this.end = FIRST_END;
    this.left = 0;
    this.width = 0;
    this.grid = element("g");
    this.labels = element("g");
  }

  begin(end = FIRST_END) {
    this.end = end;
    this.drawn = "";
  }

  x(seconds) {
    return this.left + (Math.min(seconds, this.end) / this.end) * this.width;
  }

  /* Whether the axis had to grow so that this moment fits. */
  fit(seconds) {
    if (seconds <= this.end * 0.985) return false;
    this.end = round(seconds * 1.02, ENDS);
    return true;
  }

  draw(top, bottom) {
    const drawn = [this.end, this.left, this.width, bottom].join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const step = round(this.end / (this.width < 340 ? 3 : 6), STEPS);
    const lines = [];
    this.ticks = [];
    for (let i = 0; i * step <= this.end + 1e-9; i++) {
      const x = this.x(i * step);
      const edge = x > this.left + this.width - 14;
      lines.push(element("line", { class: i ? "waterfall__grid" : "waterfall__base", x1: x, x2: x, y1: top - 4, y2: bottom }));
      const text = element("text", { x, y: 13, "text-anchor": i === 0 ? "start" : edge ? "end" : "middle" }, this.written(i * step));
      this.ticks.push({ x, text });
    }
    this.grid.replaceChildren(...lines);
    this.labels.replaceChildren(...this.ticks.map(tick => tick.text));
  }

  written(seconds) {
    if (seconds === 0) return "0";
    return this.end >= 1 ? `${+seconds.toFixed(3)} s` : `${+(seconds * 1000).toFixed(1)} ms`;
  }

  /* The labels under the moving time would be unreadable: they step aside. */
  yieldTo(x) {
    for (const tick of this.ticks ?? []) set(tick.text, { visibility: x !== null && Math.abs(tick.x - x) < 40 ? "hidden" : "visible" });
  }
}
