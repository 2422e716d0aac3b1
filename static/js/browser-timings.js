/* What this browser noted of requests that this page sent (Resource Timing), and what the server noted of the same (Server-Timing).
   Bookkeeping only: no DOM. Times are seconds. The two clocks are never subtracted from each other: what the browser saw counts from
   the sending of the first request, what the server noted from the arrival of the first.

   A row: {n, status, seen, server}
     seen    null until the browser has told, else {start, end, hidden, fresh, protocol, parts: [[phase, from, to], …]} and, unless
             hidden, {queued, connect, waiting, download, sent, answered}; phase is queued, connect, waiting or download
     server  null where it sent no record, else {arrived, room, program, unanswered} */

const ENTRIES_WAITING = 500; /* the browser's own list ends at 250 entries */
const PATIENCE_MS = 1000; /* the browser tells of an answer a little after it came */
const HELD = 0.02;

export class Timings {
  constructor(urls, tell) {
    Object.assign(this, { urls, tell, entries: [], begun: performance.now() - 1 }); /* both clocks are rounded */
    performance.setResourceTimingBufferSize(ENTRIES_WAITING);
    this.observer = new PerformanceObserver(list => this.take(list.getEntries()));
    this.observer.observe({ type: "resource", buffered: true });
  }

  take(entries) {
    const mine = entries.filter(entry => entry.startTime >= this.begun && this.urls.includes(entry.name));
    if (!mine.length) return;
    this.entries.push(...mine);
    this.tell();
  }

  /* Once the browser has told of every request, or will not any more. */
  async all() {
    const until = performance.now() + PATIENCE_MS;
    while (this.entries.length < this.urls.length && performance.now() < until) {
      await new Promise(done => setTimeout(done, 20));
      this.take(this.observer.takeRecords());
    }
    this.observer.disconnect();
  }

  /* One row a request. Requests for one address cannot be told apart: they stand in the order in which they were sent. */
  rows() {
    const told = byName(this.entries);
    for (const entries of told.values()) entries.sort((a, b) => a.startTime - b.startTime);
    const zero = Math.min(...this.entries.map(entry => entry.startTime));
    const rows = this.urls.map((url, i) => row(i + 1, told.get(url)?.shift(), zero));
    const first = Math.min(...rows.map(({ server }) => server?.arrived ?? Infinity));
    for (const { server } of rows) if (server) server.arrived -= first;
    return rows;
  }
}

function byName(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.name, [...(groups.get(entry.name) ?? []), entry]);
  return groups;
}

export function row(n, entry, zero) {
  if (!entry) return { n, status: null, seen: null, server: null };
  return { n, status: entry.responseStatus ?? null, seen: seen(entry, zero), server: record(entry.serverTiming ?? []) };
}

function seen(entry, zero) {
  const at = moment => (moment - zero) / 1000;
  const whole = { start: at(entry.startTime), end: at(entry.responseEnd), protocol: entry.nextHopProtocol };
  if (entry.requestStart === 0) return { ...whole, hidden: true, fresh: false, parts: [] };
  const fresh = entry.connectEnd > entry.connectStart;
  const [begin, sent, answered] = [entry.fetchStart, entry.requestStart, entry.responseStart || entry.responseEnd].map(at);
  const connect = fresh ? [at(entry.connectStart), at(entry.connectEnd)] : [sent, sent];
  const parts = [["queued", begin, connect[0]], ["connect", ...connect], ["queued", connect[1], sent], ["waiting", sent, answered], ["download", answered, whole.end]];
  const took = phase => parts.reduce((sum, [name, from, to]) => sum + (name === phase ? to - from : 0), 0);
  const phases = Object.fromEntries(["queued", "connect", "waiting", "download"].map(phase => [phase, took(phase)]));
  return { ...whole, ...phases, hidden: false, fresh, sent, answered, parts: parts.filter(([, from, to]) => to > from) };
}

function record(timings) {
  const named = name => timings.find(timing => timing.name === name);
  if (!named("arrived") || !named("program")) return null;
  const took = name => (named(name)?.duration ?? 0) / 1000;
  return { arrived: took("arrived"), room: took("room"), program: took("program"), unanswered: Number(named("unanswered")?.description) || null };
}

/* By the browser's account, and null where it hides that: `peak`, the most that were sent and without an answer at one moment;
   `held`, how many were not sent before an answer had come (a busy page is late with its first ones too, and that is no holding). */
export function summary(rows) {
  const known = rows.filter(({ seen }) => seen && !seen.hidden);
  const spans = known.flatMap(({ seen }) => [[seen.sent, 1], [seen.answered, -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let [open, peak] = [0, 0];
  for (const [, step] of spans) peak = Math.max(peak, open += step);
  const told = rows.filter(({ seen }) => seen);
  const first = Math.min(...known.map(({ seen }) => seen.answered));
  return {
    requests: rows.length,
    wall: told.length ? Math.max(...told.map(({ seen }) => seen.end)) : null,
    peak: known.length === rows.length ? peak : null,
    held: known.length === rows.length ? known.filter(({ seen }) => seen.sent >= first && seen.queued > HELD).length : null,
    opened: known.length === rows.length ? known.filter(({ seen }) => seen.fresh).length : null,
    protocols: [...new Set(told.map(({ seen }) => seen.protocol).filter(Boolean))],
    unanswered: Math.max(0, ...rows.map(({ server }) => server?.unanswered ?? 0)) || null,
  };
}
