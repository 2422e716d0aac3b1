/* <quiz-clock data-deadline data-now>: the time that an attempt has left, counted down by the server's clock. Both are milliseconds
   as the server has them; the device's own clock is never believed: time passes by `performance.now`, and after the page was
   hidden (a device may have slept) the server is asked again. Says aloud when 5 minutes and 1 minute are left, and when it is over.
   Without this script the moment of the deadline stands in the page; the server decides in any case. */

import { announce } from "./fragments.js";

const TOLD_MINUTES = [5, 1];

class QuizClock extends HTMLElement {
  #leaving = new AbortController();
  #timer = 0;
  #told = Infinity;
  #offset = 0;

  connectedCallback() {
    const [page] = performance.getEntriesByType("navigation");
    this.#offset = Number(this.dataset.now) - (page?.requestStart ?? performance.now());
    this.#told = this.#left;
    this.#timer = setInterval(() => this.#show(), 1000);
    const { signal } = this.#leaving;
    document.addEventListener("visibilitychange", () => this.#renew(), { signal });
    addEventListener("pageshow", event => event.persisted && this.#renew(), { signal });
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#leaving.abort();
  }

  /* Seconds. */
  get #left() {
    return (Number(this.dataset.deadline) - this.#offset - performance.now()) / 1000;
  }

  async #renew() {
    if (document.hidden) return;
    const asked = performance.now();
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
    const now = Date.parse(answer?.headers.get("date") ?? "");
    if (now) this.#offset = now - asked;
    this.#show();
  }

  #show() {
    const left = this.#left;
    const place = this.querySelector("[data-left]");
    place.hidden = left <= 0;
    place.textContent = `${words(left)} left.`;
    this.querySelector("[data-running]").hidden = left <= 0;
    this.querySelector("[data-over]").hidden = left > 0;
    for (const minutes of TOLD_MINUTES) {
      if (left <= minutes * 60 && this.#told > minutes * 60) announce(`${words(left)} left.`);
    }
    if (left <= 0 && this.#told > 0) announce("The time is over. What you had answered counts.");
    this.#told = left;
  }
}

function words(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${String(whole % 60).padStart(2, "0")} s` : `${whole} s`;
}

customElements.define("quiz-clock", QuizClock);
