/* The same requests in numbers: one row each, and what they come to.

   Inside [data-results]: [data-sum] places, a table body and the template of its row, whose [data-cell] name what they show. */

import { HIDDEN, noted, phase, protocol, WORDS } from "./browser-words.js";
import { NOTHING, seconds } from "./waterfall-words.js";

const PHASES = ["queued", "connect", "waiting", "download"];

export function showSummary(results, { wall, peak, held, opened, protocols, unanswered }) {
  const sums = {
    wall: seconds(wall),
    peak: peak ?? HIDDEN,
    held: held ?? HIDDEN,
    opened: opened ?? HIDDEN,
    protocols: protocols.map(protocol).join(", ") || HIDDEN,
    unanswered: unanswered ?? HIDDEN,
  };
  for (const place of results.querySelectorAll("[data-sum]")) place.textContent = sums[place.dataset.sum];
}

export function showRows(results, rows) {
  const blank = results.querySelector("template").content;
  results.querySelector("tbody").replaceChildren(...rows.map(row => {
    const line = blank.cloneNode(true);
    const cells = cellsOf(row);
    line.querySelector("th").textContent = row.n;
    for (const cell of line.querySelectorAll("[data-cell]")) cell.textContent = cells[cell.dataset.cell];
    return line;
  }));
}

function cellsOf({ seen, server, status }) {
  const cells = Object.fromEntries(PHASES.map(name => [name, phase(seen, name)]));
  if (!seen) return { ...cells, all: NOTHING, protocol: NOTHING, status: status || NOTHING, room: NOTHING, program: NOTHING, unanswered: NOTHING };
  if (seen.fresh) cells.connect = `new, ${cells.connect}`;
  else if (!seen.hidden) cells.connect = WORDS.open;
  return {
    ...cells,
    all: seconds(seen.end - seen.start),
    protocol: protocol(seen.protocol),
    status: status || WORDS.failed,
    room: noted(server, "room"),
    program: noted(server, "program"),
    unanswered: server?.unanswered ?? HIDDEN,
  };
}
