/* <outbox-line>: says how many answers wait on this device, sends them when asked, and tells of those that were refused meanwhile.

   Attributes  data-reader   the name of this page's reader; data-label: the region's name while there is something to say
   Inside      [data-count] a live region, with its words (data-one, data-many with {n}, data-sending, data-done); [data-send] the
               button; [data-told] the list of the refused; a <template> of one: [data-where], [data-why], [data-chosen], [data-see],
               [data-dismiss]
   Page        form[data-forget] is the one by which a reader is forgotten
   Without it  nothing: without a script an answer is sent at once or not at all. */

import * as outbox from "./outbox.js";
import * as store from "./outbox-store.js";

const DONE_MS = 8000;

class OutboxLine extends HTMLElement {
  connectedCallback() {
    if (this.begun) return;
    this.begun = true;
    [this.count, this.button, this.list] = ["[data-count]", "[data-send]", "[data-told]"].map(name => this.querySelector(name));
    this.button.addEventListener("click", () => this.send());
    this.list.addEventListener("click", event => this.dismiss(event.target.closest("[data-dismiss]")));
    document.addEventListener("outbox:changed", () => this.show());
    document.addEventListener("submit", ({ target }) => target.matches("[data-forget]") && store.forget(this.dataset.reader));
    outbox.begin(this.dataset.reader);
  }

  show() {
    const waiting = store.waiting().length;
    const refused = store.all().filter(entry => entry.refused);
    if (waiting) this.say(waiting === 1 ? this.count.dataset.one : this.count.dataset.many.replace("{n}", waiting));
    else if (this.waited) this.finish(refused.length);
    this.waited = waiting;
    if (!waiting && this.button === document.activeElement) this.count.focus();
    this.button.hidden = !waiting;
    this.tell(refused);
    this.present(waiting || refused.length || this.count.textContent);
  }

  /* Once all have been taken the line says so for a moment. */
  finish(refused) {
    this.say(refused ? "" : this.count.dataset.done);
    clearTimeout(this.fading);
    this.fading = setTimeout(() => {
      if (!this.waited) this.say("");
      this.show();
    }, DONE_MS);
  }

  say(text) {
    if (this.count.textContent !== text) this.count.textContent = text;
  }

  present(something) {
    this.toggleAttribute("data-shown", Boolean(something));
    for (const [name, value] of [["role", "region"], ["aria-label", this.dataset.label]]) {
      if (something) this.setAttribute(name, value);
      else this.removeAttribute(name);
    }
  }

  async send() {
    if (this.button.getAttribute("aria-disabled")) return;
    this.button.setAttribute("aria-disabled", "true");
    this.say(this.count.dataset.sending);
    await outbox.flush();
    this.button.removeAttribute("aria-disabled");
    this.show();
  }

  tell(refused) {
    for (const line of [...this.list.children]) if (!refused.some(({ key }) => key === line.dataset.key)) line.remove();
    for (const entry of refused) if (![...this.list.children].some(line => line.dataset.key === entry.key)) this.list.append(this.line(entry));
    this.list.hidden = !refused.length;
  }

  line({ key, where, refused, chosen, page }) {
    const line = this.querySelector("template").content.firstElementChild.cloneNode(true);
    line.dataset.key = key;
    line.querySelector("[data-where]").textContent = where;
    line.querySelector("[data-chosen]").textContent = chosen.join("; ");
    for (const why of line.querySelectorAll("[data-why]")) why.hidden = why.dataset.why !== refused;
    line.querySelector("[data-see]").href = page;
    return line;
  }

  dismiss(button) {
    if (!button) return;
    store.remove(button.closest("[data-key]").dataset.key);
    this.count.focus();
    this.show();
  }
}

customElements.define("outbox-line", OutboxLine);
