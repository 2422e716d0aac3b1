/* The figures of a run while it is on: finished requests only. The server writes the final ones. */

import { BUDGET } from "./waterfall-summary.js";
import { NOTHING, perSecond, seconds } from "./waterfall-words.js";

export class LiveFigures {
  constructor(lab) {
    this.lab = lab;
  }

  put(name, text) {
    const place = this.lab.querySelector(`[data-figure="${name}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  }

  paint(trace) {
    const figures = trace.figures();
    for (const name of ["maxHold", "wall", "p95", "p50", "maxLag"]) this.put(name, seconds(figures[name]));
    this.put("throughput", perSecond(figures.throughput));
    this.put("finished", String(figures.finished));
    this.put("errors", String(figures.errors));
    this.put("tokens", figures.tokensTotal ? `${figures.peakTokens} of ${figures.tokensTotal}` : String(figures.peakTokens));
    this.put("pings", figures.pings ? `${figures.waited} of ${figures.pings}` : NOTHING);
    this.lab.querySelector("[data-requests-word]").textContent = trace.requests;
    this.lab.querySelector("[data-hold]").toggleAttribute("data-over", (figures.maxHold ?? 0) > BUDGET);
  }

  /* What is run: the variant's name and the numbers as they stand in the form. */
  caption(label, form) {
    const name = document.createElement("b");
    name.textContent = label;
    const numbers = [...form.querySelectorAll("input[type=number]")].map(input => {
      return input.name === "requests" ? `${input.value} requests` : `${input.dataset.label} ${input.value} ${input.dataset.unit}`.trim();
    });
    this.lab.querySelector("[data-requests-word]").textContent = form.elements.requests.value;
    this.lab.querySelector("[data-caption]").replaceChildren(name, ` ${numbers.join(", ")}`);
  }
}
