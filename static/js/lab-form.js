/* The form of a lab: which program with which numbers, the press of Run and of Stop, and why a run was refused. The radios
   carry the learner's last run of their variant: data-run, data-events, data-requests, data-ends, data-wall. */

import { ask } from "./page-parts.js";
import { WORDS } from "./waterfall-words.js";

const REFUSALS = { 0: WORDS.unreachable, 409: WORDS.busy, 429: WORDS.full };

export class LabForm {
  constructor(lab) {
    this.lab = lab;
    this.form = lab.querySelector("[data-run-form]");
    this.button = this.form?.querySelector("[data-run-button]");
    this.stop = lab.querySelector("[data-stop]");
    this.stopForm = lab.querySelector("[data-stop-form]");
  }

  get variant() {
    return this.form?.querySelector("[name=variant]:checked") ?? null;
  }

  get requests() {
    return this.form.elements.requests.value;
  }

  /* `/async-task` of `GET /async-task?seconds={delay}`. */
  get path() {
    return this.variant?.dataset.request.split(" ")[1].split("?")[0] ?? "";
  }

  /* The last runs of the variants that are not chosen. */
  others() {
    return [...this.lab.querySelectorAll("[name=variant][data-ends]")].filter(radio => radio !== this.variant);
  }

  choose(variant) {
    const radio = this.form.querySelector(`[name=variant][value="${CSS.escape(variant)}"]`);
    radio.checked = true;
    return radio;
  }

  /* What is sent: this form; or an author's own, with the numbers of this one. */
  fields(own) {
    if (!own) return new URLSearchParams(new FormData(this.form));
    const fields = new FormData(own);
    for (const [name, value] of new FormData(this.form)) if (!fields.has(name)) fields.set(name, value);
    return fields;
  }

  /* Asks for the run. Gives what the server said of it, or null after telling why there is none. */
  async send(own = null) {
    this.refuse("");
    const { status, body } = await ask(this.form.action, this.fields(own));
    if (status === 201) return body;
    const detail = typeof body?.detail === "string" ? body.detail : "";
    const words = (status === 409 && !body?.events && detail) || REFUSALS[status] || (status === 422 ? `${WORDS.refused} ${detail}` : detail || WORDS.failed);
    this.refuse(words, status === 409 && body?.events ? body.url : null);
    return null;
  }

  refuse(text, url = null) {
    const refusal = this.lab.querySelector("[data-refusal]");
    if (!refusal) return;
    refusal.hidden = !text;
    refusal.querySelector("[data-refusal-text]").textContent = text;
    const link = refusal.querySelector("[data-refusal-link]");
    link.hidden = !url;
    if (url) link.href = url;
  }

  /* What can be pressed while a run is on, and after it. Focus never falls off a button that goes away. */
  show({ on, stoppable, ended, run }) {
    for (const button of this.lab.querySelectorAll("[data-run-button]")) button.setAttribute("aria-disabled", String(on));
    if (this.stop) {
      if (!stoppable && this.stop === document.activeElement) this.button?.focus();
      this.stop.hidden = !stoppable;
    }
    if (this.stopForm && run) this.stopForm.action = `${run}/stop`;
    const word = this.lab.querySelector("[data-run-word]");
    if (word && ended) word.textContent = WORDS.runAgain;
    const link = this.lab.querySelector("[data-run-link]");
    if (link) Object.assign(link, run ? { hidden: false, href: run } : { hidden: true });
  }

  /* A press on − or +. Gives the field that it turned. */
  turn(button) {
    const input = button?.parentElement.querySelector("input");
    const by = Number(button?.dataset.step);
    if (by > 0) input.stepUp(by);
    else if (by < 0) input.stepDown(-by);
    return input ?? null;
  }
}
