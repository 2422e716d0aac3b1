/* <predict-item>: one prediction, committed to before its run.
   Attributes  data-state   open, committed, answered
   Inside      form[data-predict] with either [name=number] and its [data-slider] on a log scale (data-low, data-high), or one
               [name=place] a rank with buttons [data-move]; the run's own <live-lab>, which it leaves alone; [data-ahead], where
               it is fetched anew from when another prediction of the page has been made
   Events      interleave:progress on the document once it is committed to
   Without it  the same form posts, and the lists and the number field do what slider and buttons do.
   The server's partial takes its place; focus goes to what comes next, and the live region of the page says it. */

import { announce, fetchFragment, parse, swap } from "./fragments.js";
import { makeKey } from "./outbox-store.js";
import { fragment } from "./page-parts.js";

const SHOWN = new Set([200, 409, 422]);

class PredictItem extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
    this.addEventListener("input", this);
    this.addEventListener("click", this);
    this.addEventListener("interleave:swapped", this);
    this.prepare();
  }

  disconnectedCallback() {
    for (const name of ["submit", "input", "click", "interleave:swapped"]) this.removeEventListener(name, this);
  }

  handleEvent(event) {
    if (event.type === "interleave:swapped") return this.prepare(event.detail?.status);
    if (event.type === "click") return this.move(event.target.closest("[data-move]"));
    const form = event.target.closest("form[data-predict]");
    if (!form) return;
    if (event.type === "input") return this.changed(event.target, form);
    event.preventDefault();
    if (!this.sending) this.send(form, event.submitter ?? form.querySelector("button"));
  }

  /* What only a script can do comes into sight; `status` is what a run has made of the item. */
  prepare(status) {
    if (status) this.querySelector("[data-status-word]").textContent = status;
    for (const part of this.querySelectorAll("[data-script]")) part.hidden = false;
    const slider = this.querySelector("[data-slider]");
    if (slider) this.slide(slider, slider.form.elements.number);
  }

  /* Another prediction is another intent. */
  changed(input, form) {
    form.elements.key.value = "";
    for (const error of form.querySelectorAll("[data-error], [data-failed]")) error.hidden = true;
    if (input.matches("[data-slider]")) {
      const value = input.dataset.low * (input.dataset.high / input.dataset.low) ** (input.value / input.max);
      form.elements.number.value = Number(value.toPrecision(2));
    }
    const slider = form.querySelector("[data-slider]");
    if (slider) this.slide(slider, form.elements.number);
  }

  slide(slider, field) {
    const value = Number(field.value);
    slider.setAttribute("aria-valuetext", value > 0 ? `${field.value} ${slider.dataset.unit}` : slider.dataset.nothing);
    if (value > 0 && slider !== document.activeElement) slider.value = (Math.log(value / slider.dataset.low) / Math.log(slider.dataset.high / slider.dataset.low)) * slider.max;
  }

  move(button) {
    if (!button) return;
    const places = [...this.querySelectorAll("[name=place]")];
    const at = places.indexOf(button.closest("li").querySelector("[name=place]"));
    const to = at + Number(button.dataset.move);
    if (!places[to]) return;
    [places[at].value, places[to].value] = [places[to].value, places[at].value];
    places[to].closest("li").querySelector(`[data-move="${button.dataset.move}"]`).focus();
    announce(`${places[to].selectedOptions[0].text}: ${to + 1} of ${places.length}`);
    this.changed(places[to], places[to].form);
  }

  async send(form, button) {
    if (!button.hasAttribute("data-hints")) form.elements.key.value ||= makeKey();
    const body = new FormData(form);
    if (button.name) body.set(button.name, button.value);
    const action = button.hasAttribute("formaction") ? button.formAction : form.action;
    this.sending = true;
    button.setAttribute("aria-disabled", "true");
    try {
      const { status, html, own } = await fetchFragment(action, { method: "POST", body });
      const fresh = own && SHOWN.has(status) ? parse(html).querySelector("predict-item") : null;
      if (fresh) return this.put(fresh, body);
      this.failed("refused");
    } catch {
      this.failed("network");
    } finally {
      this.sending = false;
      button.removeAttribute("aria-disabled");
    }
  }

  put(fresh, body) {
    swap(this, fresh);
    const field = this.querySelector("[name=number]");
    if (field && !field.value) field.value = body.get("number") ?? "";
    const next = this.querySelector("[data-notice], [data-error]:not([hidden]), [data-hint], [data-next]");
    next?.focus();
    if (next?.dataset.announce) announce(next.dataset.announce);
    if (this.dataset.state === "open") return;
    document.dispatchEvent(new CustomEvent("interleave:progress"));
    for (const other of document.querySelectorAll("predict-item:has([data-ahead])")) if (other !== this) other.look();
  }

  /* What waits for the other predictions of its lab may be run once the last of them is made. */
  async look() {
    const fresh = (await fragment(this.querySelector("[data-ahead]").dataset.ahead))?.querySelector("predict-item");
    if (fresh && !this.contains(document.activeElement)) swap(this, fresh);
  }

  failed(why) {
    const message = this.querySelector(`[data-failed="${why}"]`);
    message.hidden = false;
    announce(message.textContent.trim());
  }
}

customElements.define("predict-item", PredictItem);
