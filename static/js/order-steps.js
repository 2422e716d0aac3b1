/* <order-steps>: steps to be put in order, inside the form of an item.
   Inside      [data-steps], a list of [data-step="id"]; in each a [data-pick] with its select[name=place], and [data-script] parts:
               the step itself, a [data-grip] to drag it by, and buttons [data-move="-1"] and [data-move="1"]
   Events      change, from a place, once a step was moved by a person
   Without it  the lists are picked from, and the form posts the same fields: the order of the list is the order of the places.
   Whoever moves the list's elements (item-form.js, where an answer is filled in again) needs to tell nobody. */

import { announce } from "./fragments.js";

class OrderSteps extends HTMLElement {
  #watching = new MutationObserver(() => this.#number());

  connectedCallback() {
    this.list = this.querySelector("[data-steps]");
    this.addEventListener("click", this);
    this.addEventListener("pointerdown", this);
    for (const part of this.querySelectorAll("[data-script]")) part.hidden = false;
    for (const part of this.querySelectorAll("[data-pick]")) part.hidden = true;
    this.dataset.ready = "";
    this.#number();
    this.#watching.observe(this.list, { childList: true });
  }

  disconnectedCallback() {
    this.#watching.disconnect();
    this.removeEventListener("click", this);
    this.removeEventListener("pointerdown", this);
  }

  handleEvent(event) {
    if (this.closest("fieldset").disabled) return;
    if (event.type === "click") return this.#press(event.target.closest("[data-move]"));
    if (event.button === 0 && event.target.closest("[data-grip]")) this.#drag(event);
  }

  /* Each place posts the step that stands there; the ends of the list go no further. */
  #number() {
    const steps = [...this.list.children];
    for (const [at, step] of steps.entries()) {
      step.querySelector("select").value = step.dataset.step;
      for (const button of step.querySelectorAll("[data-move]")) {
        const is_end = !steps[at + Number(button.dataset.move)];
        button.toggleAttribute("data-end", is_end);
        if (is_end) button.setAttribute("aria-disabled", "true");
        else button.removeAttribute("aria-disabled");
      }
    }
  }

  #press(button) {
    const step = button?.closest("[data-step]");
    const other = button && (button.dataset.move < 0 ? step.previousElementSibling : step.nextElementSibling);
    if (!other) return;
    if (button.dataset.move < 0) other.before(step);
    else other.after(step);
    button.focus();
    this.#moved(step);
  }

  #drag(down) {
    const step = down.target.closest("[data-step]");
    const before = step.previousElementSibling;
    const grip = down.target.closest("[data-grip]");
    down.preventDefault();
    step.dataset.dragged = "";
    const move = ({ clientY }) => {
      const next = [...this.list.children].find(one => one !== step && clientY < middle(one));
      if ((next ?? null) !== step.nextElementSibling) this.list.insertBefore(step, next ?? null);
    };
    const end = () => {
      delete step.dataset.dragged;
      leaving.abort();
      if (step.previousElementSibling !== before) this.#moved(step);
    };
    const leaving = new AbortController();
    document.addEventListener("pointermove", move, { signal: leaving.signal });
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end, { signal: leaving.signal });
    grip.releasePointerCapture?.(down.pointerId);
  }

  #moved(step) {
    const steps = [...this.list.children];
    this.#number();
    announce(`${step.querySelector(".item__text, [id*='-step-']").textContent.trim()}: ${steps.indexOf(step) + 1} of ${steps.length}`);
    step.querySelector("select").dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function middle(step) {
  const { top, height } = step.getBoundingClientRect();
  return top + height / 2;
}

customElements.define("order-steps", OrderSteps);
