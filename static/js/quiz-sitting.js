/* <quiz-sitting>: an open attempt at a quiz. When one of its items was answered in place, the numbered navigation and the end of
   the attempt are asked for anew (`interleave:progress`, see fragments.js). Without this script they are as of the last page. */

class QuizSitting extends HTMLElement {
  connectedCallback() {
    this.addEventListener("interleave:swapped", this);
  }

  disconnectedCallback() {
    this.removeEventListener("interleave:swapped", this);
  }

  handleEvent({ target }) {
    if (target.localName === "quiz-item") document.dispatchEvent(new CustomEvent("interleave:progress"));
  }
}

customElements.define("quiz-sitting", QuizSitting);
