/* One recorded run: what was fetched, and what was going on at a moment. Times in microseconds. No DOM.

   A step is [start, took, lane, request, line, sentence, tone, aside], as the server gives it (webapp/traces.py). */

export const TONES = ["idle", "turn", "held", "other", "thread"];
export const GROUPS = { arrival: "arriving", loop: "ready", ready: "ready", token: "token", thread: "thread", answer: "answer", lock: "sync", queue: "sync", semaphore: "sync", event: "sync" };
const [START, TOOK, LANE] = [0, 1, 2];

export class Track {
  constructor(data, index) {
    Object.assign(this, data, { index });
    this.loop = data.steps.filter(step => step[LANE] === 0);
    this.lane = Array.from({ length: data.lanes }, (_, i) => data.jobs.filter(job => job[0] === i + 1));
    this.requests = Math.max(0, ...data.sent.map(([n]) => n));
    this.requestWaits = data.waits.filter(([n]) => n > 0);
  }

  /* The step of the loop that is on at this moment, or the last one before. */
  turnAt(moment) {
    const at = lastBefore(this.loop, moment);
    return at < 0 ? null : this.loop[at];
  }

  /* The line that was last seen of a request's turn on the loop, or of a thread's job, by this moment. */
  lineAt(moment, lane, since) {
    for (let at = lastBefore(this.lines, moment); at >= 0 && this.lines[at][0] >= since; at--) if (this.lines[at][1] === lane) return this.lines[at][3];
    return 0;
  }

  /* How everything stands, as numbers and the request on the loop. */
  stateAt(moment) {
    const turn = this.turnAt(moment);
    const running = turn && turn[START] + turn[TOOK] >= moment ? turn : null;
    const state = { turn: running, arriving: 0, ready: 0, token: 0, awaiting: 0, sync: 0, threads: 0, ended: 0 };
    const on = this.jobs.filter(([, start, end]) => start <= moment && end > moment);
    state.threads = on.length;
    const inThreads = new Set(on.map(job => job[3]));
    for (const [n, start, end, kind] of this.requestWaits) {
      if (start > moment || end <= moment) continue;
      const group = GROUPS[kind] ?? "awaiting";
      if (group === "thread" && !inThreads.has(n)) state.awaiting++; /* handed over, and no thread has begun with it */
      else if (group in state) state[group]++;
    }
    for (const [, at] of this.ends) if (at <= moment) state.ended++;
    return state;
  }
}

/* Index of the last entry that begins at this moment or before it, -1 if none does. Entries are sorted by their first number. */
export function lastBefore(entries, moment) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle][0] <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
