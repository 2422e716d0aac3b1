/* <page-vitals>: TTFB, LCP and INP of this load of the page, as web-vitals tells them, and two buttons to feel INP with.

   Inside      [data-vital="TTFB"] and the like, each with [data-value], [data-none] and [data-part-of] places named by the fields
               of its attribution; [data-presses] with buttons [data-press="block"] and "nothing", each before a [data-last];
               [data-said] a live region
   Without it  the places stay empty, and a sentence says where DevTools has the numbers.

   Loaded only by pages with the figure: the library is for them alone. */

import { onINP, onLCP, onTTFB } from "../vendor/web-vitals-6.2.3.js";

const BLOCK_MS = 120;
const LEAST_MS = 16; /* Event Timing tells of nothing shorter */
const SETTLE_MS = 300;
const WORDS = {
  took: milliseconds => `${Math.round(milliseconds)} ms`,
  under: `under ${LEAST_MS} ms`,
  inp: (value, target) => `INP is ${Math.round(value)} ms now, by ${target}.`,
  unknown: "not told",
};

class PageVitals extends HTMLElement {
  connectedCallback() {
    if (this.told) return;
    this.told = true;
    const options = { reportAllChanges: true, durationThreshold: LEAST_MS, generateTarget: named };
    for (const on of [onTTFB, onLCP, onINP]) on(metric => this.show(metric), options);
    this.querySelector("[data-presses]").hidden = false;
    for (const button of this.querySelectorAll("[data-press]")) button.addEventListener("click", event => this.press(event));
    this.presses = [];
    if (!PerformanceObserver.supportedEntryTypes.includes("event")) return;
    new PerformanceObserver(list => this.presses.push(...list.getEntries().filter(entry => entry.interactionId && entry.target?.closest?.("[data-press]")))).observe({ type: "event", durationThreshold: LEAST_MS });
  }

  show({ name, value, attribution }) {
    const place = this.querySelector(`[data-vital="${name}"]`);
    place.querySelector("[data-value]").textContent = WORDS.took(value);
    place.querySelector("[data-none]").hidden = true;
    for (const part of place.querySelectorAll("[data-part-of]")) {
      const told = attribution[part.dataset.partOf];
      part.textContent = typeof told === "number" ? WORDS.took(told) : told || WORDS.unknown;
    }
    if (name === "INP") this.querySelector("[data-said]").textContent = WORDS.inp(value, attribution.interactionTarget || WORDS.unknown);
  }

  /* How long this press took is told only later. A handler that does nothing must do nothing, so its line waits too. */
  press({ currentTarget: button, timeStamp }) {
    if (button.dataset.press === "block") {
      const until = performance.now() + BLOCK_MS;
      while (performance.now() < until);
    }
    setTimeout(() => {
      const mine = this.presses.filter(entry => button.contains(entry.target) && entry.startTime >= timeStamp - SETTLE_MS);
      this.presses = [];
      const longest = Math.max(0, ...mine.map(entry => entry.duration));
      button.nextElementSibling.querySelector("[data-last]").textContent = longest ? WORDS.took(longest) : WORDS.under;
    }, SETTLE_MS);
  }
}

/* What a reader calls an element: the words on it, else its kind. */
function named(node) {
  const element = node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement;
  const pressed = element?.closest("button, a, summary, label, input");
  const words = (pressed ?? element)?.textContent.trim().replace(/\s+/g, " ");
  return words ? `“${words.length > 40 ? `${words.slice(0, 40).replace(/\s\S*$/, "")} …` : words}”` : undefined;
}

customElements.define("page-vitals", PageVitals);
