/* Follow the stream of one run: numbered messages, the last with a final state. The browser asks for what it missed by itself
   (Last-Event-ID). Where it does not, since the answer was an error or nothing comes at all, a new stream goes on after the last
   number. The stream ends with its run, when the page goes away (and says goodbye, so that the run need not wait for it), and
   when the server knows the run no more or has been away for too long. */

export const FINAL = ["finished", "failed", "stopped"];
const REFUSED_MS = 1500;
const SILENT_MS = 25_000; /* the server says something every 15 s */
const AWAY_MS = 180_000;

export function follow(url, handlers) {
  const stream = new RunStream(url, handlers);
  return () => stream.close();
}

class RunStream {
  constructor(url, { message, lost, found, gone }) {
    Object.assign(this, { url, message, lost, found, gone, after: 0, away: null });
    this.viewer = Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, "0")).join("");
    this.leave = () => {
      navigator.sendBeacon?.(`${url.replace(/events$/, "goodbye")}?viewer=${this.viewer}`);
      this.close();
    };
    addEventListener("pagehide", this.leave);
    this.open();
  }

  open() {
    this.source?.close();
    const source = (this.source = new EventSource(`${this.url}?viewer=${this.viewer}&after=${this.after}`));
    source.onopen = () => this.heard();
    source.addEventListener("beat", () => this.heard());
    source.onerror = () => this.missed();
    source.onmessage = event => this.take(event);
    this.listen();
  }

  /* A network that is gone without a word leaves a stream that stays open and silent. */
  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.missed();
      if (this.source) this.open();
    }, SILENT_MS);
  }

  heard() {
    if (this.away !== null) this.found();
    this.away = null;
    this.listen();
  }

  take(event) {
    this.heard();
    this.after = Number(event.lastEventId) || this.after;
    const news = JSON.parse(event.data);
    if (FINAL.includes(news.state)) this.close();
    this.message(news);
  }

  missed() {
    if (!this.source) return;
    this.away ??= performance.now();
    if (performance.now() - this.away > AWAY_MS) return this.end();
    if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.source && this.ask(), REFUSED_MS);
    this.lost();
  }

  /* The browser has given the stream up: because the run is not known any more, because something on the way broke, or because the
     page is about to go. */
  async ask() {
    const known = await fetch(this.url.replace(/\/events$/, ""), { headers: { Accept: "application/json" } }).then(({ status }) => status !== 404, () => true);
    if (!this.source) return;
    if (known) this.open();
    else this.end();
  }

  end() {
    this.close();
    this.gone();
  }

  close() {
    clearTimeout(this.silence);
    removeEventListener("pagehide", this.leave);
    this.source?.close();
    this.source = null;
  }
}
