/* form[data-choose] beside a replay: the reader picks which programs' last runs it shows; the server makes the section anew. */

import { fragment } from "./page-parts.js";

export function choose(replay) {
  const section = replay.closest("[data-refresh]");
  const form = section?.querySelector("[data-choose]");
  if (!form) return;
  form.hidden = false;
  form.addEventListener("change", async event => {
    const url = new URL(section.dataset.refresh, location.href);
    url.search = new URLSearchParams(new FormData(form));
    const fresh = (await fragment(url))?.querySelector("[data-refresh]");
    if (!fresh) return;
    section.dataset.refresh = url.pathname + url.search;
    section.replaceChildren(...[...fresh.childNodes].map(node => document.importNode(node, true)));
    section.querySelector(`[data-choose] [name="${event.target.name}"]`)?.focus();
  });
}
