/* What the page says of requests that this browser sent. */

import { NOTHING, seconds } from "./waterfall-words.js";

export const HIDDEN = "not visible";
const PROTOCOLS = { "http/1.1": "HTTP/1.1", "http/1.0": "HTTP/1.0", h2: "HTTP/2", h3: "HTTP/3" };
const requests = count => (count === 1 ? "One request" : `${count} requests`);

export const protocol = name => (name ? PROTOCOLS[name] ?? name : HIDDEN);
export const phase = (seen, name) => (!seen ? NOTHING : seen.hidden ? HIDDEN : seconds(seen[name]));
export const noted = (server, name) => (server ? seconds(server[name]) : HIDDEN);

export const WORDS = {
  sending: count => `Sending ${count === 1 ? "one request" : `${count} requests`} from this browser.`,
  failed: "no answer",
  open: "was open",

  done({ requests: count, wall, peak, held }) {
    const so = `${requests(count)} in ${seconds(wall)}.`;
    if (peak === null) return `${so} The browser hides when it sent them.`;
    const back = held ? `held ${held} of them back` : "held none of them back";
    return `${so} At most ${peak} ${peak === 1 ? "was" : "were"} in flight at once; the browser ${back}.`;
  },

  /* One request; its two records stand side by side, each by its own clock. */
  request({ n, status, seen, server }) {
    if (!seen) return `Request ${n}: the browser has told nothing of it yet.`;
    const mine = seen.hidden
      ? "the phases are not visible"
      : [
          `held back ${seconds(seen.queued)}`,
          seen.fresh ? `a new connection took ${seconds(seen.connect)}` : "on a connection that was open",
          `waited ${seconds(seen.waiting)} for the first byte`,
          `download ${seconds(seen.download)}`,
        ].join(", ");
    const theirs = server ? ` This server: ${seconds(server.room)} until its program could be asked, then the program took ${seconds(server.program)}.` : " This server sent no record.";
    return `Request ${n}: ${mine}; ${status ? `status ${status}` : "no answer"} after ${seconds(seen.end - seen.start)}.${theirs}`;
  },
};
