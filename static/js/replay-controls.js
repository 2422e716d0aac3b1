/* What a reader does to a replay: its buttons and fields, keys on a drawing, and a press or a drag on one. */

const KEYS = { ArrowRight: "forward", ArrowLeft: "back", Home: "first", End: "last", " ": "play", "+": "in", "=": "in", "-": "out", 0: "fit" };
const MOVES = { first: -Infinity, back: -1, forward: 1, last: Infinity };
const ZOOMS = { in: 0.4, out: 2.5 };

/* `replay` has its transport, window and panels, and `redraw` for when the window has changed. */
export function control(replay) {
  const { transport, view } = replay;

  const act = deed => {
    if (deed in MOVES) transport.move(MOVES[deed]);
    else if (deed === "play") transport.play();
    else if (deed in ZOOMS) view.zoom(ZOOMS[deed], transport.moment);
    else if (deed === "fit") view.fit();
    if (deed in ZOOMS || deed === "fit") replay.redraw();
  };

  const key = event => {
    const deed = KEYS[event.key];
    if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(deed);
  };

  replay.addEventListener("click", event => act(event.target.closest("[data-do]")?.dataset.do));
  replay.addEventListener("input", ({ target }) => {
    if (target.matches("[data-scrub]")) transport.seek((target.value / 1000) * transport.end);
    if (target.matches("[data-speed]")) transport.speed = Number(target.value);
    if (target.matches("[data-asides]")) transport.choose(target.checked);
  });
  const seek = event => event.buttons & 1 && transport.seek(view.moment(event.offsetX));
  for (const { chart } of replay.panels) {
    chart.addEventListener("keydown", key);
    chart.addEventListener("pointerdown", seek);
    chart.addEventListener("pointermove", seek);
  }
}
