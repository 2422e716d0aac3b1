/* What is known of a run, from its events (the protocol's shapes: request, ping, lag, held, slice, tokens). Times are seconds
   from the run's start. Bookkeeping only: no DOM, no clock of its own. A row that changed is marked `changed` for the drawing. */

import { BUDGET, summary } from "./waterfall-summary.js";

const blank = n => ({ n, queued: null, sent: null, start: null, end: null, done: null, where: null, status: null, error: "", left: false, slices: [], changed: true });

export class Trace {
  constructor(requests) {
    this.rows = Array.from({ length: requests }, (_, i) => blank(i + 1));
    this.pings = new Map();
    this.lags = [];
    this.slices = [];
    this.tokens = [];
    this.held = null;
    this.clock = 0;
    this.closed = false;
    this.version = 0;
  }

  get requests() {
    return this.rows.length;
  }

  row(n) {
    while (this.rows.length < n) this.rows.push(blank(this.rows.length + 1));
    return this.rows[n - 1];
  }

  take(event) {
    this.version++;
    this[`take_${event.e}`]?.(event);
  }

  take_request(event) {
    const row = this.row(event.n);
    const field = { queued: "queued", sent: "sent", handler_start: "start", handler_end: "end", done: "done", left: "done" }[event.phase];
    if (!field) return;
    row[field] = event.t;
    if (event.where) row.where = event.where;
    if (event.phase === "done") Object.assign(row, { status: event.status ?? 0, error: event.error ?? "" });
    if (event.phase === "left") Object.assign(row, { status: 0, error: "its caller left", left: true });
    row.changed = true;
  }

  take_ping(event) {
    const ping = this.pings.get(event.n) ?? { sent: event.t, done: null };
    if (event.phase === "sent") ping.sent = event.t;
    else ping.done = event.t;
    this.pings.set(event.n, ping);
  }

  take_lag(event) {
    this.lags.push([event.t, event.lag]);
    if (this.held && event.t > this.held.t) this.held = null;
  }

  /* The probe says so while nothing answers. Whose turn it is, is known only when the slice ends: until then it is the request
     that entered its handler last. */
  take_held(event) {
    this.held = { t: event.t, since: event.t - event.for };
  }

  take_slice(event) {
    this.slices.push(event);
    if (!event.n) return;
    const row = this.row(event.n);
    row.slices.push([event.t, event.end]);
    row.changed = true;
  }

  take_tokens(event) {
    this.tokens.push(event);
  }

  /* When the turn began that is on the loop now, or null: not before the last turn that is known to have ended. */
  get turn() {
    return this.held && Math.max(this.held.since, this.slices.at(-1)?.end ?? 0);
  }

  /* The request that holds the loop at this moment, or null. */
  holder() {
    if (!this.held || this.held.t - this.held.since < BUDGET) return null;
    let latest = null;
    for (const row of this.rows) {
      if (row.where === "loop" && row.start !== null && row.end === null && (!latest || row.start > latest.start)) latest = row;
    }
    return latest?.n ?? null;
  }

  /* One request's time by what it spent it on; open parts reach to the clock. */
  parts(row) {
    const stop = row.end ?? row.done ?? this.clock;
    const held = row.slices.reduce((sum, [from, to]) => sum + (to - from >= BUDGET ? to - from : 0), 0) || this.heldBy(row);
    const inside = row.start === null ? 0 : stop - row.start;
    return {
      waited: row.sent === null ? null : (row.start ?? row.done ?? this.clock) - row.sent,
      held,
      awaited: row.where === "loop" ? Math.max(0, inside - held) : 0,
      threaded: row.where === "thread" ? inside : 0,
      took: row.done === null || row.sent === null ? null : row.done - row.sent,
    };
  }

  heldBy(row) {
    return this.holder() === row.n ? Math.max(0, this.clock - Math.max(this.turn, row.start)) : 0;
  }

  /* The summary so far: of finished requests only. Several parts of a frame ask for it. */
  figures() {
    const known = `${this.version} ${this.clock} ${this.closed}`;
    if (this.known !== known) Object.assign(this, { known, summary: summary(this) });
    return this.summary;
  }
}
