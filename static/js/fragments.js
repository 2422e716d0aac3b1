/* Fetch a fragment of HTML from this server and put it in place.
   A request carries `Interleave-Fragment: 1`; the answer is the partial template alone.
   `data-region="name"` marks what a page shows of the reader's progress. When a script dispatches `interleave:progress`
   on the document, the page is asked for once more and every region that has changed is replaced, but not one that holds the focus.
   After a swap, `interleave:swapped` bubbles from what was put in. */

const HEADERS = { "Interleave-Fragment": "1", Accept: "text/html" };

/* Answers {status, html, own, retryAfter}; throws only when no answer came, within `timeout` milliseconds if given. `own` is false
   for what a proxy or a Wi-Fi's login page answered in the place of this site; `retryAfter` is in seconds, 0 where nothing is said. */
export async function fetchFragment(url, { method = "GET", body = null, signal, timeout } = {}) {
  const patience = new AbortController();
  const timer = timeout && setTimeout(() => patience.abort(), timeout);
  try {
    const response = await fetch(url, { method, body, signal: signal ?? patience.signal, headers: HEADERS, credentials: "same-origin" });
    const own = response.headers.has("interleave");
    return { status: response.status, html: await response.text(), own, retryAfter: Number(response.headers.get("retry-after")) || 0 };
  } finally {
    clearTimeout(timer);
  }
}

export function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/* Replace what is inside `element` by what is inside `fresh`, its attributes too; the element itself stays. */
export function swap(element, fresh) {
  for (const { name, value } of fresh.attributes) element.setAttribute(name, value);
  element.replaceChildren(...document.adoptNode(fresh).childNodes);
  element.dispatchEvent(new CustomEvent("interleave:swapped", { bubbles: true }));
}

/* Say something to a screen reader: the live region stands in base.html, outside everything that is swapped. */
export function announce(text) {
  const region = document.querySelector("[data-announcer]");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

let asking = null;

/* This page as the server has it now, or null: what is shown then stays true for the moment it was shown. Who asks meanwhile gets the same. */
export function currentPage() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    return response.ok ? parse(await response.text()) : null;
  } catch {
    return null;
  }
}

async function refresh() {
  const page = await currentPage();
  if (page) showRegions(page);
}

/* Every region as that page has it, but not one that holds the focus. */
export function showRegions(page) {
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = page.querySelector(`[data-region="${region.dataset.region}"]`);
    if (fresh && !region.contains(document.activeElement) && fresh.innerHTML !== region.innerHTML) swap(region, fresh);
  }
}

document.addEventListener("interleave:progress", refresh);
