/* Draws one recorded run on a canvas: the loop's lane, a lane for each thread, and a row for each request: what it waits for, its turns.

   Two canvases lie over each other: the lanes, drawn anew only when the window or the width changes, and the moment, one line.
   What is narrower than a pixel is drawn one pixel wide, and once a pixel: so a frame costs the same however much was recorded. */

import { Pointer } from "./replay-pointer.js";
import { GROUPS, lastBefore, TONES } from "./replay-track.js";

const NARROW = 520;
const [TOP, LOOP, GAP, BOTTOM] = [20, 22, 9, 4];
const LANES = [[12, 13], [24, 9], [48, 6], [Infinity, 4]];
const ROWS = [[12, 12], [24, 9], [60, 6], [100, 4], [Infinity, 3]];
const pitch = (sizes, count) => sizes.find(([most]) => count <= most)[1];

export class Drawing {
  constructor(place, track, view, inks) {
    Object.assign(this, { place, track, view, inks, loopTop: TOP, loopHeight: LOOP });
    this.lanes = document.createElement("canvas");
    this.lanes.className = "replay__canvas";
    this.lanes.setAttribute("aria-hidden", "true");
    this.pointer = new Pointer();
    place.replaceChildren(this.lanes, this.pointer.canvas);
    this.lanePitch = pitch(LANES, track.lanes);
    this.rowPitch = pitch(ROWS, track.requests);
    this.threadsTop = TOP + LOOP + GAP;
    this.rowsTop = this.threadsTop + (track.lanes ? track.lanes * this.lanePitch + GAP : 0);
    this.height = this.rowsTop + track.requests * this.rowPitch + BOTTOM;
  }

  layout() {
    const scale = devicePixelRatio || 1;
    this.width = this.place.clientWidth;
    this.narrow = this.width < NARROW;
    Object.assign(this.view, { left: this.narrow ? 68 : 92, width: Math.max(50, this.width - (this.narrow ? 68 : 92) - 10) });
    for (const canvas of [this.lanes, this.pointer.canvas]) {
      [canvas.width, canvas.height] = [Math.round(this.width * scale), Math.round(this.height * scale)];
      Object.assign(canvas.style, { width: `${this.width}px`, height: `${this.height}px` });
      canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    }
    this.inks.read(this.lanes.getContext("2d"));
  }

  /* All lanes within the window. */
  draw() {
    const draw = this.lanes.getContext("2d");
    draw.clearRect(0, 0, this.width, this.height);
    this.axis(draw);
    this.label(draw, "Loop", TOP + LOOP / 2);
    this.slices(draw);
    if (this.track.lanes) this.label(draw, this.narrow ? "Threads" : `${this.track.lanes} thread${this.track.lanes > 1 ? "s" : ""}`, this.threadsTop + Math.min(12, this.track.lanes * this.lanePitch) / 2);
    this.track.lane.forEach((jobs, i) => this.row(draw, this.threadsTop + i * this.lanePitch, this.lanePitch - 1, jobs.map(([, start, end]) => [start, end, "thread"])));
    this.label(draw, "Requests", this.rowsTop + Math.min(12, this.track.requests * this.rowPitch) / 2);
    this.rows ??= this.spans();
    this.rows.forEach((waits, i) => this.row(draw, this.rowsTop + i * this.rowPitch, this.rowPitch - (this.rowPitch > 4 ? 1.5 : 0.5), waits));
  }

  /* For each request its waits, and over them its own turns. */
  spans() {
    const rows = Array.from({ length: this.track.requests }, () => []);
    for (const [n, start, end, kind] of this.track.requestWaits) rows[n - 1]?.push([start, end, GROUPS[kind] ?? "awaiting"]);
    for (const [start, took, , n, , , tone] of this.track.loop) if (n && tone !== 3) rows[n - 1]?.push([start, start + took, TONES[tone]]);
    return rows;
  }

  axis(draw) {
    draw.font = `11px ${this.inks.font}`;
    draw.textBaseline = "middle";
    for (const [moment, words] of this.view.ticks()) {
      const x = Math.round(this.view.x(moment)) + 0.5;
      draw.fillStyle = this.inks.line;
      draw.fillRect(x - 0.5, TOP - 4, 1, this.height - TOP);
      draw.fillStyle = this.inks.of("idle").edge;
      draw.textAlign = x > this.width - 30 ? "right" : x < this.view.left + 20 ? "left" : "center";
      draw.fillText(words, x, 8);
    }
    draw.textAlign = "left";
  }

  label(draw, words, y) {
    draw.font = `600 11px ${this.inks.font}`;
    draw.fillStyle = this.inks.ink;
    draw.fillText(words, 0, y);
  }

  /* The loop's turns. Idle time lies under them, so that a turn of a few microseconds still shows. */
  slices(draw) {
    const { from, to } = this.view;
    const steps = this.track.loop;
    const first = Math.max(0, lastBefore(steps, from));
    for (const under of [true, false]) {
      let painted = -1;
      for (let at = first; at < steps.length && steps[at][0] <= to; at++) {
        const [start, took, , , , , tone] = steps[at];
        if ((tone === 0) !== under || start + took < from) continue;
        const x = Math.max(this.view.left, this.view.x(start));
        const end = Math.min(this.view.left + this.view.width, this.view.x(start + took));
        if (end <= painted && tone !== 2) continue;
        painted = Math.max(x + 1, end);
        this.block(draw, x, painted, TOP, LOOP, TONES[tone], under ? 8 : tone === 3 ? 5 : 0);
      }
    }
  }

  row(draw, y, height, spans) {
    const { from, to } = this.view;
    for (const [start, end, ink] of spans) {
      if (end < from || start > to) continue;
      const x = Math.max(this.view.left, this.view.x(start));
      this.block(draw, x, Math.max(x + 1, Math.min(this.view.left + this.view.width, this.view.x(end))), y, height, ink, 0);
    }
  }

  block(draw, x, end, y, height, name, inset) {
    const ink = this.inks.of(name);
    draw.fillStyle = end - x < 4 ? (name === "idle" ? ink.flat : ink.edge) : ink.fill;
    draw.fillRect(x, y + inset, end - x, height - 2 * inset);
    if (end - x >= 4 && height >= 5 && !inset) {
      draw.strokeStyle = ink.edge;
      draw.lineWidth = 0.75;
      draw.strokeRect(x + 0.4, y + 0.4, end - x - 0.8, height - 0.8);
    }
  }

  /* The moment as a line through all lanes, and the step it belongs to. */
  point(moment, step) {
    this.pointer.draw(this, moment, step);
  }
}
