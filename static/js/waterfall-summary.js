/* What a trace comes to so far. Only what is finished is counted; percentiles by nearest rank, as on the server. */

export const BUDGET = 0.05; /* seconds: a turn on the loop longer than this is a hold, and a ping that takes longer has waited */
const ascending = (a, b) => a - b;
const rank = (sorted, share) => (sorted.length ? sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] : null);

/* The figures, with the names of the summary. While a run is on, a ping without an answer has waited until now. */
export function summary(trace) {
  const done = trace.rows.filter(row => row.done !== null && row.sent !== null);
  const took = done.map(row => row.done - row.sent).sort(ascending);
  const first = Math.min(...trace.rows.map(row => row.sent ?? Infinity));
  const over = done.length === trace.rows.length || trace.closed;
  const last = over && done.length ? Math.max(...done.map(row => row.done)) : trace.clock;
  const wall = Number.isFinite(first) ? Math.max(0, last - first) : null;
  const pings = [...trace.pings.values()];
  const waits = pings.filter(ping => ping.done !== null || !trace.closed).map(ping => (ping.done ?? trace.clock) - ping.sent);
  const turns = trace.slices.map(slice => slice.end - slice.t);
  const holds = turns.filter(turn => turn >= BUDGET);
  const now = trace.held ? trace.clock - trace.held.since : 0;
  const turn = trace.held ? trace.clock - trace.turn : 0;
  const used = trace.tokens.map(event => event.used);
  return {
    wall,
    p50: rank(took, 0.5),
    p95: rank(took, 0.95),
    throughput: wall && done.length ? done.length / wall : null,
    finished: done.length,
    errors: done.filter(row => !row.left && (!row.status || row.status >= 400)).length,
    maxHold: turns.length ? Math.max(...turns) : null,
    heldFor: holds.reduce((sum, turn) => sum + turn, 0) + (turn >= BUDGET ? turn : 0),
    maxLag: trace.lags.length || now ? Math.max(now, ...trace.lags.map(([, lag]) => lag)) : null,
    peakTokens: used.length ? Math.max(...used) : 0,
    tokensTotal: trace.tokens.at(-1)?.total ?? null,
    pings: waits.length,
    unanswered: pings.length - waits.length,
    waited: waits.filter(wait => wait >= BUDGET).length,
    longestWait: waits.length ? Math.max(...waits) : null,
  };
}

/* How the requests stand at this moment. */
export function standing(trace) {
  const sent = trace.rows.filter(row => row.sent !== null);
  const open = sent.filter(row => row.start !== null && row.end === null && row.done === null);
  return {
    finished: sent.filter(row => row.done !== null).length,
    waiting: sent.filter(row => row.start === null && row.done === null).length,
    inHandlers: open.length,
    inThreads: open.filter(row => row.where === "thread").length,
    holder: trace.holder(),
  };
}
