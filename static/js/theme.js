/* <theme-switch>: light, dark or the system's, at once. Without this script its form posts and the page comes back. */

class ThemeSwitch extends HTMLElement {
  connectedCallback() { this.addEventListener("submit", this); }
  disconnectedCallback() { this.removeEventListener("submit", this); }

  handleEvent(event) {
    const choice = event.submitter;
    if (choice?.name !== "theme") return;
    event.preventDefault();
    const body = new FormData(event.target);
    body.set("theme", choice.value);
    document.documentElement.dataset.theme = choice.value;
    for (const button of event.target.elements) {
      if (button.name === "theme") button.setAttribute("aria-pressed", String(button === choice));
    }
    this.querySelector("[popovertarget] use").setAttribute("href", choice.querySelector("use").getAttribute("href"));
    this.querySelector("[popover]").hidePopover();
    /* Kept by a cookie that the server sets: if that fails, the choice lasts for this page. */
    fetch(event.target.action, { method: "POST", body: new URLSearchParams(body), redirect: "manual", credentials: "same-origin" }).catch(() => {});
  }
}

customElements.define("theme-switch", ThemeSwitch);
