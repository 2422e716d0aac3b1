/* <course-edits>: on an author's page alone; what came of the last edit of the lessons, and the page as edited.
   Attributes  data-url to ask at, data-edition and data-course (tags of the last edit, and of the course that is served),
               data-said (what is said of it); data-waits while the edited page waits for the end of a run
   While the page is visible the url is asked with the tag of the edition; 304 says that there is no newer one. A newer one
   brings the panel of its errors, open again, and a newer course is shown in place (edited-page.js). Without an answer it asks ever
   more seldom; 404 says that this reader is no author any more.
   Without it  the panel is that of the page's last load, and folds as any details element does. */

import { EditedPage } from "./edited-page.js";
import { announce, parse } from "./fragments.js";

const ASK_MS = 500;
const SLOWEST_MS = 15000;
const FOLDED = "edits-folded";

class CourseEdits extends HTMLElement {
  #asking = false;
  #timer = 0;
  #wait = ASK_MS;

  connectedCallback() {
    if (this.page) return;
    this.page = new EditedPage(this.dataset.course);
    this.addEventListener("toggle", () => this.#remember(), true);
    this.addEventListener("keydown", event => event.key === "Escape" && this.#fold());
    document.addEventListener("visibilitychange", () => this.#ask());
    this.#unfold();
    this.#ask();
  }

  get #panel() {
    return this.querySelector("details");
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#asking) return;
    this.#asking = true;
    const answered = await this.#answer().catch(() => false);
    this.#asking = false;
    this.#wait = answered ? ASK_MS : Math.min(2 * this.#wait, SLOWEST_MS);
    if (answered !== null) this.#timer = setTimeout(() => this.#ask(), this.#wait);
  }

  /* Whether there was an answer; null if there will be none. */
  async #answer() {
    const headers = { "If-None-Match": `"${this.dataset.edition}"`, Accept: "text/html" };
    const answer = await fetch(this.dataset.url, { headers, cache: "no-store", credentials: "same-origin" });
    if (answer.status === 404) return null;
    if (answer.status === 200) this.#take(parse(await answer.text()).querySelector("course-edits"));
    else if (answer.status !== 304) return false;
    const followed = await this.page.follow(this.dataset.course);
    this.toggleAttribute("data-waits", this.page.waits);
    return followed;
  }

  #take(fresh) {
    const wasIn = this.contains(document.activeElement);
    for (const { name, value } of fresh.attributes) this.setAttribute(name, value);
    this.replaceChildren(...document.adoptNode(fresh).childNodes);
    this.#unfold();
    if (wasIn) this.querySelector("summary")?.focus();
    announce(this.dataset.said);
  }

  /* Open, unless just these errors were folded away on a page before. Warnings stay folded until somebody looks. */
  #unfold() {
    if (this.#panel?.hasAttribute("data-errors")) this.#panel.open = sessionStorage.getItem(FOLDED) !== this.dataset.edition;
  }

  #remember() {
    if (!this.#panel) return;
    if (this.#panel.open) sessionStorage.removeItem(FOLDED);
    else sessionStorage.setItem(FOLDED, this.dataset.edition);
  }

  #fold() {
    if (!this.#panel?.open) return;
    this.#panel.open = false;
    this.querySelector("summary").focus();
  }
}

customElements.define("course-edits", CourseEdits);
