/* The colours and textures of a replay, read from the key that the page shows: `[data-ink]`, so both themes and every forced
   colour are those of the style sheet. Each state but the plain turns has a texture besides its colour. */

const TEXTURES = {
  held: ["cross", 5],
  thread: ["upright", 5],
  arriving: ["slant", 5],
  ready: ["level", 3],
  token: ["back", 4],
  sync: ["dots", 4],
};

export class Inks {
  constructor(root) {
    this.root = root;
  }

  /* Reads all of them anew; call it when the theme may have changed. */
  read(context) {
    this.known = {};
    for (const swatch of this.root.querySelectorAll("[data-ink]")) {
      const { backgroundColor, borderTopColor } = getComputedStyle(swatch);
      const [texture, size] = TEXTURES[swatch.dataset.ink] ?? [];
      this.known[swatch.dataset.ink] = { flat: backgroundColor, edge: borderTopColor, fill: texture ? pattern(context, backgroundColor, borderTopColor, texture, size) : backgroundColor };
    }
    const { color, fontFamily } = getComputedStyle(this.root);
    const line = getComputedStyle(this.root.querySelector("[data-track]")).borderTopColor;
    Object.assign(this, { ink: color, line, font: fontFamily });
  }

  of(name) {
    return this.known[name];
  }
}

function pattern(context, paper, stroke, texture, size) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const draw = tile.getContext("2d");
  draw.fillStyle = paper;
  draw.fillRect(0, 0, size, size);
  draw.strokeStyle = draw.fillStyle = stroke;
  draw.lineWidth = 1;
  draw.beginPath();
  if (texture === "slant" || texture === "cross") lines(draw, [[-1, 1, 1, -1], [0, size, size, 0], [size - 1, size + 1, size + 1, size - 1]]);
  if (texture === "back" || texture === "cross") lines(draw, [[-1, size - 1, 1, size + 1], [0, 0, size, size], [size - 1, -1, size + 1, 1]]);
  if (texture === "upright") lines(draw, [[2.5, 0, 2.5, size]]);
  if (texture === "level") lines(draw, [[0, 1.5, size, 1.5]]);
  if (texture === "dots") draw.fillRect(1, 1, 2, 2);
  draw.stroke();
  return context.createPattern(tile, "repeat");
}

function lines(draw, all) {
  for (const [x, y, toX, toY] of all) {
    draw.moveTo(x, y);
    draw.lineTo(toX, toY);
  }
}
