/* <code-block>: a listing of the prose, with a title or without; the renderer writes it. This script adds the button that copies
   it. Without it the code can be selected. */

import { copyText } from "./clipboard.js";
import { announce } from "./fragments.js";

const WORDS = { copy: "Copy", copied: "Copied", failed: "Select it and press Ctrl C" };
const SHOWN_MS = 2000;

class CodeBlock extends HTMLElement {
  connectedCallback() {
    const code = this.querySelector("pre");
    if (!code || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = WORDS.copy;
    button.addEventListener("click", async () => {
      const word = await copyText(code.textContent).then(() => WORDS.copied, () => WORDS.failed);
      button.textContent = word;
      button.focus();
      announce(word);
      setTimeout(() => { button.textContent = WORDS.copy; }, SHOWN_MS);
    });
    code.before(button);
  }
}

customElements.define("code-block", CodeBlock);
