/* <review-cards>: the keyboard of a review, over the one <quiz-item> in it.
   The keys 1 to 9 choose the option of that number, or take the choice back where several may be chosen; Enter checks what is
   chosen, and goes on once the question is answered. Keys work while the focus is in here or nowhere, and never with Ctrl, Alt or
   Meta. `data-next` is where it goes on. Without this script the form and the links do the same; `data-keys` stays hidden. */

const ELSEWHERE = "a, button, summary, select, textarea, input:not([name=option])";

class ReviewCards extends HTMLElement {
  #leaving = new AbortController();

  connectedCallback() {
    this.dataset.ready = "";
    const keys = this.querySelector("[data-keys]");
    keys.hidden = this.#isAnswered;
    document.addEventListener("keydown", (event) => this.#press(event), { signal: this.#leaving.signal });
    this.addEventListener("interleave:swapped", () => { keys.hidden = this.#isAnswered; });
  }

  disconnectedCallback() {
    this.#leaving.abort();
  }

  get #isAnswered() {
    return this.querySelector("quiz-item").dataset.state === "answered";
  }

  #press(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
    if (target.matches("textarea")) return;
    if (target !== document.body && !this.contains(target) && !target.matches("main")) return;
    if (key === "Enter" && !target.matches(ELSEWHERE)) {
      event.preventDefault();
      if (this.#isAnswered) location.assign(this.dataset.next);
      else this.querySelector("form").requestSubmit();
    } else if (/^[1-9]$/.test(key)) {
      this.#choose(this.querySelectorAll("[name=option]")[key - 1]);
    }
  }

  #choose(option) {
    if (!option) return;
    option.focus();
    option.click();
  }
}

customElements.define("review-cards", ReviewCards);
