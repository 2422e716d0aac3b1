/* <quiz-item>: one question.
   Without this script its form posts, and the server sends the reader back to it. With it, the same form is fetched and the
   server's partial takes its place: the focus goes to the result (or the new hint, or the first option after an error), and the
   live region of the page says the result. What is written beside an answer goes the same way (`data-aside`). Words come from the
   server's HTML (`data-sending`, `data-again`, `data-announce`). A try with others after it leaves the form there, with what came
   of it above the options (`data-result`).
   An answer goes through the outbox (outbox.js), under a key made once for one choice. While it waits there, `data-state` is
   `waiting`: the item shows what was chosen and takes nothing else. It cannot be taken back: nobody here knows whether the
   server has it. */

import { announce, currentPage, fetchFragment, parse, swap } from "./fragments.js";
import * as outbox from "./outbox.js";
import { makeKey, waiting } from "./outbox-store.js";
import { asEntry, fill, inputs, isEmpty, isFor, lock, unlock } from "./item-form.js";

const SHOWN = new Set([200, 409]);
const TOLD = new Set([200, 409, 422, 429]);
const HINT_MS = 10_000;
const OWN = ["submit", "change", "input"];
const OUTBOX = ["outbox:changed", "outbox:settled"];

class QuizItem extends HTMLElement {
  #sending = false;

  connectedCallback() {
    for (const name of OWN) this.addEventListener(name, this);
    for (const name of OUTBOX) document.addEventListener(name, this);
    this.#compare();
  }

  disconnectedCallback() {
    for (const name of OWN) this.removeEventListener(name, this);
    for (const name of OUTBOX) document.removeEventListener(name, this);
  }

  handleEvent(event) {
    if (event.type === "outbox:changed") return this.#compare();
    if (event.type === "outbox:settled") return this.#settled(event.detail);
    if (event.type !== "submit") return this.form && !event.target.closest("[data-report]") ? this.#given() : undefined;
    event.preventDefault();
    if (this.#sending || this.dataset.state === "waiting") return;
    const button = event.submitter ?? event.target.querySelector("button");
    const isAnswer = !["data-hints", "data-aside", "data-give-up"].some(name => button.hasAttribute(name));
    this.#busy(button, () => (isAnswer ? this.#send(event.target, button) : this.#ask(event.target, button)));
  }

  /* What is answered by; an answered item has none. */
  get form() {
    return this.querySelector("form[data-answer]");
  }

  /* Another answer is another intent. */
  #given() {
    this.form.elements.key.value = "";
    this.#show(null);
  }

  async #busy(button, work) {
    this.#sending = true;
    this.#show(null);
    button.setAttribute("aria-disabled", "true");
    await work();
    this.#sending = false;
    button.removeAttribute("aria-disabled");
  }

  async #send(form, button) {
    if (isEmpty(form)) return this.#nothingGiven(form);
    form.elements.key.value ||= makeKey();
    const label = button.querySelector("[data-label]");
    const words = label.textContent;
    label.textContent = button.dataset.sending ?? words;
    const entry = asEntry(this, form);
    const kept = outbox.keep(entry);
    if (await outbox.deliver(entry)) return;
    label.textContent = kept ? words : (button.dataset.again ?? words);
    if (!kept) return this.#failed("network");
    this.#sending = false;
    this.#compare();
    this.querySelector("[data-waiting]")?.focus();
  }

  /* A hint, the answer instead of another try, or what is written about the item. */
  async #ask(form, button) {
    const aside = button.hasAttribute("data-aside") && button.closest("[data-report], form");
    const shown = aside ? TOLD : SHOWN;
    const hint = button.hasAttribute("data-hints");
    const action = button.hasAttribute("formaction") ? button.formAction : form.action;
    try {
      const { status, html, own } = await fetchFragment(action, { method: "POST", body: new FormData(form), timeout: HINT_MS });
      const fresh = own && shown.has(status) ? parse(html).querySelector("quiz-item") : null;
      if (fresh) this.#put(fresh, { fields: [...new FormData(form)], focus: true, says: shown === SHOWN && !hint, hint });
      else if (aside) this.#failed("aside", aside);
      else this.#failed("refused");
    } catch {
      if (aside) this.#failed("aside", aside);
      else this.#failed(button.hasAttribute("data-give-up") ? "answer" : "hint");
    }
  }

  /* The answer to this item's form has come: from this page, from another tab, or from the outbox. */
  #settled({ entry, status, fresh }) {
    if (!this.form || !isFor(entry, this.form)) return;
    const focus = this.#sending || this.contains(document.activeElement);
    if (fresh) this.#put(fresh, { fields: status === 200 ? [] : entry.fields, focus });
    else if (this.#sending) this.#failed("refused");
    else unlock(this);
  }

  /* What the outbox holds for this item, be it from before a reload or from another tab. */
  #compare() {
    if (!this.form || this.#sending) return;
    const entry = waiting().find(other => isFor(other, this.form));
    if (entry && this.dataset.state !== "waiting") {
      this.#show(null);
      lock(this, entry);
    } else if (!entry && this.dataset.state === "waiting") this.#renew();
  }

  /* It waits no longer, and this tab has not been told why: the page knows. */
  async #renew() {
    this.dataset.state = "renewing";
    const fresh = (await currentPage())?.querySelector(`#${CSS.escape(this.id)}`);
    if (fresh) this.#put(fresh, { fields: [], focus: this.contains(document.activeElement) });
    else unlock(this);
  }

  /* What was chosen stays chosen where the form comes back, with a hint for example. */
  #put(fresh, { fields, focus, says = true, hint = false }) {
    swap(this, fresh);
    if (this.form && fields.length) fill(this.form, fields);
    const result = this.querySelector("[data-result]");
    const told = hint ? this.querySelector("[data-hint]") : null;
    const first = inputs(this).find(input => input.offsetParent);
    const refused = this.querySelector("[data-error]:not([hidden])") ? (this.querySelector("[aria-invalid]") ?? first) : null;
    if (focus) (refused ?? this.querySelector("[data-said]") ?? this.querySelector("[data-notice]") ?? told ?? result ?? first)?.focus();
    if (!result || !says) return;
    announce(result.dataset.announce);
    if (!document.querySelector('quiz-item:not([data-state="answered"])')) document.dispatchEvent(new CustomEvent("interleave:progress"));
  }

  #nothingGiven(form) {
    const error = this.#show(form.querySelector("[data-error]"));
    for (const input of inputs(form)) input.setAttribute("aria-describedby", error.id);
    inputs(form)[0].focus();
  }

  #failed(why, where = this) {
    const message = this.#show(where.querySelector(`[data-failed="${why}"]`));
    if (message) announce(message.textContent.trim());
  }

  /* At most one message at a time stands under the options. */
  #show(message) {
    for (const other of this.querySelectorAll("[data-error], [data-failed]")) other.hidden = other !== message;
    if (!message) for (const input of this.querySelectorAll("[name=option]")) input.removeAttribute("aria-describedby");
    if (!message) for (const input of this.querySelectorAll("[name=answer]")) input.removeAttribute("aria-invalid");
    return message;
  }
}

customElements.define("quiz-item", QuizItem);
