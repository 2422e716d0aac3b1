/* <own-program>: an author's version of a program. Light DOM; its form is what runs it.

   Attributes  data-label  its name; data-file: what it is saved as
               data-place, data-hash  where the draft is kept, and the lesson's program that it is made from; without them none is kept
   Inside      form[data-own-form] with textarea[name=program]; [data-editor] around it; [data-why] why it failed, with its text;
               [data-draft] the state of the draft; [data-download]; [data-keys]
   Methods     mark({line, message}) shows where the program failed; mark(null) takes that away
   Page        a link to the form, `a[href="#…"]`, opens its fold and puts the caret into the text
   The editor comes with the first focus; the textarea under it keeps the text and works alone. Without it: a plain form. */

import { Draft } from "./draft.js";

const WORDS = {
  same: "As in the lesson.",
  kept: "Your version is kept in this browser.",
  lost: "This browser keeps nothing: your version goes with the page.",
  outdated: "The lesson's program has changed since you began. This is still your version; Reset takes the new one.",
};

class OwnProgram extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("[data-own-form]");
    this.text = this.form.elements.program;
    this.draft = new Draft(this.dataset.place, this.dataset.hash);
    const kept = this.draft.read();
    if (kept !== null) this.text.value = kept;
    this.text.addEventListener("focus", () => this.load(), { once: true });
    this.text.addEventListener("input", () => this.changed());
    this.form.addEventListener("reset", event => this.reset(event));
    const download = this.querySelector("[data-download]");
    download.hidden = false;
    download.addEventListener("click", () => this.download());
    for (const link of document.querySelectorAll(`a[href="#${CSS.escape(this.form.id)}"]`)) link.addEventListener("click", event => this.open(event));
    this.changed();
  }

  get isOwn() {
    return this.text.value !== this.text.defaultValue;
  }

  open(event) {
    event.preventDefault();
    const fold = this.closest("details");
    if (fold) fold.open = true;
    if (this.editor) this.editor.focus();
    else this.text.focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  async load() {
    let mount;
    try {
      ({ mount } = await import("./program-editor.js"));
    } catch {
      return; /* The textarea goes on. */
    }
    const { text } = this;
    const focused = text === document.activeElement;
    this.editor = mount(this.querySelector("[data-editor]"), {
      text: text.value,
      caret: text.selectionStart,
      label: this.dataset.label,
      change: value => { text.value = value; this.changed(); },
      run: () => this.form.requestSubmit(),
    });
    if (focused) this.editor.focus();
    text.hidden = true;
    this.querySelector("[data-keys]").hidden = false;
    if (this.failure) this.mark(this.failure);
  }

  changed() {
    if (!this.isOwn) this.draft.drop();
    const kept = this.isOwn && this.draft.write(this.text.value);
    const words = !this.isOwn ? WORDS.same : this.draft.outdated ? WORDS.outdated : kept ? WORDS.kept : WORDS.lost;
    const said = this.querySelector("[data-draft]");
    if (this.dataset.place && said.textContent !== words) said.textContent = words;
  }

  reset(event) {
    event.preventDefault();
    this.text.value = this.text.defaultValue;
    this.editor?.replace(this.text.value);
    this.mark(null);
    this.changed();
  }

  mark(failure) {
    this.failure = failure;
    const line = failure?.line ?? null;
    this.editor?.mark(line, failure?.message ?? "");
    const why = this.querySelector("[data-why]");
    why.hidden = line === null || Boolean(this.editor);
    why.querySelector("[data-why-text]").textContent = line === null ? "" : `Line ${line}: ${failure.message}`;
    this.text.toggleAttribute("aria-invalid", line !== null);
  }

  download() {
    const url = URL.createObjectURL(new Blob([this.text.value], { type: "text/x-python" }));
    Object.assign(document.createElement("a"), { href: url, download: this.dataset.file }).click();
    URL.revokeObjectURL(url);
  }
}

customElements.define("own-program", OwnProgram);
