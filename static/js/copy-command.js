/* <copy-command>: a command and the button that copies it. The server writes both, the button hidden; without this script the
   command can be selected. */

import { copyText } from "./clipboard.js";
import { announce } from "./fragments.js";

const WORDS = { copied: "Copied", failed: "Select it and press Ctrl C" };
const SHOWN_MS = 2000;

class CopyCommand extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false;
    if (this.word) return;
    this.word = button.querySelector("[data-word]");
    const before = this.word.textContent;
    button.addEventListener("click", async () => {
      const word = await copyText(this.querySelector("code").textContent).then(() => WORDS.copied, () => WORDS.failed);
      this.word.textContent = word;
      button.focus();
      announce(word);
      setTimeout(() => { this.word.textContent = before; }, SHOWN_MS);
    });
  }
}

customElements.define("copy-command", CopyCommand);
