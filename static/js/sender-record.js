/* What this browser sent of a lab, for as long as its tab is open: the last time of each choice. Kept here and sent nowhere. */

const NAME = "interleave:sent:";

export function kept(lab) {
  try {
    return JSON.parse(sessionStorage.getItem(NAME + lab)) ?? {};
  } catch {
    return {}; /* no storage, or another's */
  }
}

export function keep(lab, { variant, label, address, cache, count }, { wall, peak }) {
  const all = { ...kept(lab), [`${variant} ${address} ${cache}`]: { label, address, cache, requests: count, wall, peak } };
  try {
    sessionStorage.setItem(NAME + lab, JSON.stringify(all));
  } catch {
    /* Then the figure that compares stays without it. */
  }
}
