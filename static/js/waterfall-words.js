/* What the drawing and the panel say while a run is on. Every live sentence stands here; the server writes the others. */

import { standing } from "./waterfall-summary.js";

export const NOTHING = "–";

/* The same rounding as the server's: 0.0314 is "31 ms", 0.2 is "0.20 s", 12.34 is "12.3 s". */
export function seconds(value) {
  if (value === null || value === undefined) return NOTHING;
  const milliseconds = value * 1000;
  const tenths = Math.round(milliseconds * 10) / 10;
  if (Math.round(milliseconds) < 100) return `${tenths > 0 && tenths < 1 ? tenths.toFixed(1) : Math.round(milliseconds)} ms`;
  return value < 9.995 ? `${value.toFixed(2)} s` : `${value.toFixed(1)} s`;
}

export const perSecond = value => (value === null ? NOTHING : `${value < 100 ? value.toFixed(1) : Math.round(value)} per s`);
const some = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const PLACES = ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

export const WORDS = {
  starting: "Starting the server for this run …",
  lost: "The connection to the run is lost. Trying again …",
  gone: "The stream of this run does not answer. What is shown is what had arrived.",
  busy: "One run at a time: yours is still on.",
  full: "As many runs are waiting as this server takes. Try again in a moment.",
  refused: "This choice was refused:",
  unreachable: "The server did not answer. Is it still running?",
  failed: "The run could not be started.",
  stopping: "Stopping …",
  runAgain: "Run again",
  copied: "Copied",
  own: label => `Your version of ${label}`,
  lastRun: (label, wall) => `before: ${label}, ${seconds(wall)}`,
  predicted: (value, beyond) => `you predicted ${seconds(value)}${beyond ? " →" : ""}`,
  queued: position => (position === 1 ? "You are next in line." : position ? `You are ${PLACES[position] ?? `number ${position}`} in line.` : "Waiting for a place."),
  pool: total => (total ? `${total} in the pool` : ""),
  longest: value => `longest ${seconds(value)}`,
  up: value => `up to ${seconds(value)}`,
  peak: (peak, total) => (total ? `peak ${peak} of ${total}` : `peak ${peak}`),

  /* Only what is finished is counted. */
  progress(trace) {
    const { finished, waiting, inHandlers, inThreads, holder } = standing(trace);
    const so = `${finished} of ${trace.requests} finished.`;
    if (holder) return `${so} Request ${holder} holds the loop; ${waiting ? some(waiting, "request waits", "requests wait") : "no other waits"}.`;
    if (inThreads) return `${so} ${some(inThreads, "request is", "requests are")} in worker threads${waiting ? `, ${waiting} waiting for one` : ""}. The loop is free.`;
    if (inHandlers) return `${so} ${some(inHandlers, "request awaits", "requests await")}, and the loop is free.`;
    return so;
  },

  request(row, trace) {
    const { waited, held, awaited, threaded, took } = trace.parts(row);
    if (row.sent === null) return `Request ${row.n}: not sent yet.`;
    const parts = [];
    if (waited !== null) parts.push(`${row.start === null && row.done === null ? "waiting for" : "waited"} ${seconds(waited)}`);
    if (held > 0) parts.push(`held the loop ${seconds(held)}`);
    if (awaited > Math.max(0.0005, held * 0.1)) parts.push(`awaited ${seconds(awaited)} while the loop was free for others`);
    if (threaded > 0) parts.push(`${seconds(threaded)} in a worker thread`);
    if (row.done !== null) parts.push(row.status ? `status ${row.status} after ${seconds(took)}` : `no answer${row.error ? ` (${row.error})` : ""}`);
    return `Request ${row.n}: ${parts.join(", ") || "sent"}.`;
  },

  pings(trace) {
    const { pings, unanswered, waited, longestWait, heldFor } = trace.figures();
    if (!pings && !unanswered) return "";
    const held = heldFor ? `The loop was held for ${seconds(heldFor)}; ` : "";
    if (unanswered) return `${held}${some(unanswered, "ping was", "pings were")} still waiting at the end.`;
    if (!waited) return `${some(pings, "ping", "pings")}, none waited over 50 ms.`;
    return `${held || "No hold of the loop was seen, yet "}${some(waited, "ping", "pings")} waited, up to ${seconds(longestWait)}.`;
  },
};
