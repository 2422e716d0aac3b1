/* Where a replay stands: the moment, the step, and whether it plays. Steps of all tracks are one row, in the order of their starts.
   Knows no DOM; `changed` is told what moved. Reduced motion: two moves a second. */

import { lastBefore } from "./replay-track.js";

const REDUCED_MS = 500;
const PER_MS = 1000; /* microseconds */

export class Transport {
  constructor(tracks, changed) {
    Object.assign(this, { tracks, changed, moment: 0, speed: 0.1, playing: false, step: null });
    this.reduced = matchMedia("(prefers-reduced-motion: reduce)");
    this.end = Math.max(1, ...tracks.map(track => track.clock));
    this.choose(false);
  }

  /* Which steps are gone through: those that matter, or also the asides. */
  choose(asides) {
    this.steps = this.tracks
      .flatMap(track => track.steps.filter(step => asides || !step[7]).map(step => [step[0], step, track]))
      .sort((one, other) => one[0] - other[0]);
  }

  get index() {
    return this.step ? this.steps.indexOf(this.step) : lastBefore(this.steps, this.moment);
  }

  /* To the step after or before, or to the first (-Infinity) and last one. */
  move(by) {
    if (!this.steps.length) return;
    this.stop();
    const from = this.index;
    this.step = this.steps[Math.max(0, Math.min(this.steps.length - 1, from + by))];
    this.moment = this.step[0];
    this.changed({ asked: true });
  }

  seek(moment, asked = true) {
    this.moment = Math.max(0, Math.min(this.end, moment));
    const at = lastBefore(this.steps, this.moment);
    this.step = at < 0 ? null : this.steps[at];
    this.changed({ asked });
  }

  play() {
    if (this.playing) return this.stop();
    if (this.moment >= this.end) this.moment = 0;
    this.playing = true;
    this.last = performance.now();
    this.changed({ asked: false });
    this.next();
  }

  stop() {
    this.playing = false;
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.changed({ asked: false });
  }

  next() {
    const go = () => {
      if (!this.playing) return;
      const now = performance.now();
      const moment = this.moment + (now - this.last) * PER_MS * this.speed;
      this.last = now;
      this.seek(moment, false);
      if (this.moment >= this.end) this.stop();
      else this.next();
    };
    if (this.reduced.matches) this.timer = setTimeout(go, REDUCED_MS);
    else this.frame = requestAnimationFrame(go);
  }
}
