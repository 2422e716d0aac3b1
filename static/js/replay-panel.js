/* What stands around the drawing of one track: its program with the current line lit, and how everything stands, in numbers. */

const MS = 1000;
const milliseconds = micro => (micro >= 100 * MS ? `${Math.round(micro / MS)} ms` : micro >= MS ? `${(micro / MS).toFixed(1)} ms` : `${micro} µs`);

export class Panel {
  constructor(place, track) {
    Object.assign(this, { place, track });
    this.chart = place.querySelector("[data-chart]");
    this.chart.hidden = false;
    this.chart.tabIndex = 0;
    this.label = place.querySelector("[data-label]").textContent;
    this.state = place.querySelector("[data-state]");
    this.state.hidden = false;
    this.numbers = new Map([...this.state.querySelectorAll("[data-now]")].map(node => [node.dataset.now, node]));
    this.listing = place.querySelector("[data-listing]");
    for (const line of this.listing.querySelectorAll(".line--decisive")) line.classList.remove("line--decisive");
    if (track.cut === null) return;
    place.querySelector("[data-cut]").hidden = false;
    place.querySelector("[data-cut-at]").textContent = milliseconds(track.cut);
  }

  /* The step in numbers, before its sentence: which run, when, how long. */
  heading([start, took], label) {
    const node = document.createElement("span");
    node.className = "replay__when";
    node.textContent = `${label ? `${label}, ` : ""}${(start / MS).toFixed(2)} ms${took ? `, for ${milliseconds(took)}` : ""} `;
    return node;
  }

  show(moment, step) {
    this.tell(this.track.stateAt(moment));
    const turn = step ?? this.track.turnAt(moment);
    const lane = turn?.[2] ?? 0;
    this.light(turn ? this.track.lineAt(Math.max(moment, step ? turn[0] + turn[1] : moment), lane, turn[0]) || turn[4] : 0);
  }

  /* The width has changed, and with it perhaps where the line stands. To ask for it in each frame would lay the page out each time. */
  resized() {
    this.lit = undefined;
  }

  light(line) {
    if (line === this.lit) return;
    this.lit = line;
    this.listing.querySelector("[data-lit]")?.removeAttribute("data-lit");
    const row = line ? this.listing.querySelector(`[data-line="${line}"]`) : null;
    if (!row) return;
    row.dataset.lit = "";
    const box = this.listing.closest("[tabindex]");
    const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight];
    if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight - 8) box.scrollTop = top - box.clientHeight / 3;
  }

  tell(state) {
    const { track } = this;
    const turn = state.turn;
    const onLoop = !turn ? "its own work" : turn[6] === 0 ? "idle" : turn[3] ? `request ${turn[3]}` : "the server";
    const words = { loop: onLoop, threads: track.lanes ? `${state.threads} of ${track.lanes}` : "none used", arriving: state.arriving, ready: state.ready, token: state.token, awaiting: state.awaiting, sync: state.sync, ended: `${state.ended} of ${track.requests}` };
    for (const [name, node] of this.numbers) if (node.textContent !== String(words[name])) node.textContent = words[name];
  }
}
