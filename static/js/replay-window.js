/* The part of the time axis that is in sight, in microseconds, and where a moment lies in it. All tracks of a replay share one. */

const STEPS = [1, 2, 5, 10];
const LEAST = 200; /* microseconds across the whole width */
const MARGIN = 0.08; /* of the window: a moment that is followed stays so far from its edges */

export class TimeWindow {
  constructor() {
    this.end = 1;
    this.left = 0;
    this.width = 1;
    this.fit();
  }

  fit() {
    this.from = 0;
    this.to = this.end;
  }

  get span() {
    return this.to - this.from;
  }

  get whole() {
    return this.span >= this.end;
  }

  x(moment) {
    return this.left + ((moment - this.from) / this.span) * this.width;
  }

  moment(x) {
    return this.from + ((x - this.left) / this.width) * this.span;
  }

  /* Show less time (a factor below 1) or more, with this moment where it is. */
  zoom(factor, moment) {
    const span = Math.min(this.end, Math.max(LEAST, this.span * factor));
    const share = Math.min(1, Math.max(0, (moment - this.from) / this.span));
    this.place(moment - share * span, span);
  }

  /* Whether the window had to move so that the moment is in sight. */
  follow(moment) {
    const margin = this.span * MARGIN;
    if (this.whole || (moment >= this.from + margin && moment <= this.to - margin)) return false;
    const before = this.from;
    this.place(moment - this.span * (moment > this.to - margin && moment < this.to + this.span ? 2 * MARGIN : 0.4), this.span);
    return this.from !== before;
  }

  place(from, span) {
    this.from = Math.max(0, Math.min(from, this.end - span));
    this.to = this.from + span;
  }

  /* Round moments to write at the axis, and how they are written. */
  ticks() {
    const rough = this.span / Math.max(2, Math.floor(this.width / 110));
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = STEPS.find(choice => choice * power >= rough) * power;
    const found = [];
    for (let moment = Math.ceil(this.from / step) * step; moment <= this.to; moment += step) found.push([moment, this.written(moment, step)]);
    return found;
  }

  written(moment, step) {
    if (moment === 0) return "0";
    const digits = unit => Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
    if (this.to >= 1e6 && step >= 1e4) return `${(moment / 1e6).toFixed(digits(1e6))} s`;
    return `${(moment / 1e3).toFixed(digits(1e3))} ms`;
  }
}
