/* <search-field>: results of its form while one types. Inside stand the form, and either a `[data-panel]` that opens below
   the field or a `[data-results]` that is replaced in the page. Arrow keys go through the results and Enter follows one; Escape
   goes back to the field, or closes the panel. The key / comes here from anywhere but where one types.
   Without this script the form leads to the search page. */

import { announce, fetchFragment, parse } from "./fragments.js";

const PAUSE = 150;
const QUIET = 600; /* ms without a keystroke before a screen reader is told: not at every letter */
const NOT_TYPED_IN = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];

class SearchField extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.form.elements.q;
    this.panel = this.querySelector("[data-panel]");
    this.shown = this.input.value.trim();
    this.newest = 0;
    this.querySelector("kbd").hidden = false;
    for (const kind of ["input", "keydown", "focusin", "focusout"]) this.addEventListener(kind, this);
  }

  disconnectedCallback() {
    for (const kind of ["input", "keydown", "focusin", "focusout"]) this.removeEventListener(kind, this);
    clearTimeout(this.pause);
    clearTimeout(this.quiet);
    this.asking?.abort();
  }

  handleEvent(event) {
    if (event.type === "input") this.wait();
    else if (event.type === "keydown") this.press(event);
    else if (event.type === "focusin" && event.target === this.input) this.open();
    else if (event.type === "focusout" && !this.contains(event.relatedTarget)) this.close();
  }

  wait() {
    clearTimeout(this.pause);
    clearTimeout(this.quiet);
    this.pause = setTimeout(() => this.ask(), PAUSE);
  }

  /* Only the newest question may be answered: an older answer that comes late is dropped. */
  async ask() {
    const query = this.input.value.trim();
    const number = ++this.newest;
    this.asking?.abort();
    if (query === this.shown) return this.open();
    if (this.panel && !query) return this.show(query, null);
    this.asking = new AbortController();
    const url = `${this.form.action}?${new URLSearchParams({ q: query })}`;
    try {
      const { status, html } = await fetchFragment(url, { signal: this.asking.signal });
      if (number === this.newest && status === 200) this.show(query, parse(html).querySelector("[data-results]"), url);
    } catch {
      /* No answer came: what is shown stays, and Enter still leads to the search page. */
    }
  }

  show(query, results, url) {
    this.shown = query;
    if (this.panel) {
      this.panel.replaceChildren(...(results ? [document.adoptNode(results)] : []));
      this.panel.scrollTop = 0;
      this.open();
    } else {
      this.querySelector("[data-results]").replaceWith(document.adoptNode(results));
      history.replaceState(history.state, "", query ? url : this.form.action);
    }
    const said = results?.querySelector("[data-said]")?.textContent;
    if (query && said) this.quiet = setTimeout(() => announce(said), QUIET);
  }

  open() {
    if (this.panel) this.panel.hidden = !this.panel.firstElementChild || !this.contains(document.activeElement);
  }

  close() {
    if (this.panel) this.panel.hidden = true;
  }

  press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = this.panel?.hidden ? [] : [...this.querySelectorAll("[data-results] a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      const leaves = at >= 0 || (this.panel && !this.panel.hidden);
      if (!leaves) return;
      if (at >= 0) this.input.focus();
      this.close();
    } else if (event.key === "ArrowDown" && links.length) {
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (links[at - 1] ?? this.input).focus();
    } else {
      return;
    }
    event.preventDefault();
  }
}

function types(element) {
  if (element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName)) return true;
  return element.tagName === "INPUT" && !NOT_TYPED_IN.includes(element.type);
}

document.addEventListener("keydown", (event) => {
  const typed = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
  if (!typed || event.defaultPrevented || types(event.composedPath()[0])) return;
  const input = [...document.querySelectorAll("search-field input")].find(one => one.checkVisibility());
  const link = document.querySelector("[data-search-link]");
  if (!input && !link) return;
  event.preventDefault();
  if (!input) return location.assign(link.href);
  input.focus();
  input.select();
});

customElements.define("search-field", SearchField);
