/* Fetch what the server says, and put HTML of the server into its place. Focus stays where it was. */

import { fetchFragment, parse } from "./fragments.js";

export async function ask(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}

/* The fragment under this URL as a document that is not shown, or null. */
export async function fragment(url) {
  try {
    const { status, html } = await fetchFragment(url);
    return status === 200 ? parse(html) : null;
  } catch {
    return null;
  }
}

/* Every `data-part` of the source replaces what stands in the part of the same name. */
export function swap(root, source) {
  for (const part of source.querySelectorAll("[data-part]")) {
    const place = root.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (place) place.replaceChildren(...[...part.childNodes].map(node => document.importNode(node, true)));
  }
}

/* Figures elsewhere on the page that are drawn from the learner's runs. One that is being used keeps its place and its focus. */
export async function refresh() {
  await Promise.all([...document.querySelectorAll("[data-refresh]")].map(async place => {
    const parts = await fragment(place.dataset.refresh);
    const fresh = parts?.querySelector("[data-refresh]");
    if (!fresh) return;
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
    place.replaceChildren(...[...fresh.childNodes].map(node => document.importNode(node, true)));
    place.dispatchEvent(new CustomEvent("interleave:swapped", { bubbles: true, detail: fresh.dataset }));
    if (focused) place.querySelector(`[data-keep="${CSS.escape(focused)}"]`)?.focus();
  }));
}
