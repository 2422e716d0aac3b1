/* The moment of a replay on a canvas of its own, over the lanes: a line through all of them, bars above and below the step that is
   told, and an arrow at its request's row. */

export class Pointer {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "replay__canvas replay__canvas--over";
    this.canvas.setAttribute("aria-hidden", "true");
  }

  /* `lanes` is the drawing that this one lies over: its places, window and inks. */
  draw(lanes, moment, step) {
    const draw = this.canvas.getContext("2d");
    const { view } = lanes;
    draw.clearRect(0, 0, lanes.width, lanes.height);
    draw.fillStyle = lanes.inks.ink;
    if (step) {
      const y = step[2] ? lanes.threadsTop + (step[2] - 1) * lanes.lanePitch : lanes.loopTop;
      const x = Math.max(view.left, view.x(step[0]));
      const end = Math.min(view.left + view.width, Math.max(view.x(step[0] + step[1]), x + 1));
      draw.fillRect(x - 1, y - 3, end - x + 2, 2);
      draw.fillRect(x - 1, y + (step[2] ? lanes.lanePitch : lanes.loopHeight) + 1, end - x + 2, 2);
      if (step[3]) this.mark(draw, lanes, step[3]);
    }
    const x = view.x(moment);
    if (x >= view.left - 1 && x <= lanes.width) draw.fillRect(x - 0.75, lanes.loopTop - 6, 1.5, lanes.height - lanes.loopTop + 6);
  }

  mark(draw, lanes, n) {
    const { left } = lanes.view;
    const y = lanes.rowsTop + (n - 0.5) * lanes.rowPitch;
    draw.beginPath();
    draw.moveTo(left - 2, y);
    draw.lineTo(left - 9, y - 4);
    draw.lineTo(left - 9, y + 4);
    draw.fill();
    if (lanes.narrow) return;
    Object.assign(draw, { font: `600 11px ${lanes.inks.font}`, textAlign: "right", textBaseline: "middle" });
    draw.fillText(String(n), left - 13, y);
  }
}
