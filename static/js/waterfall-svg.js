/* SVG elements for the live drawings. Text goes in as text, numbers as attributes; nothing is parsed. */

const NAMESPACE = "http://www.w3.org/2000/svg";

export function element(tag, attributes = {}, text = null) {
  const node = document.createElementNS(NAMESPACE, tag);
  set(node, attributes);
  if (text !== null) node.textContent = text;
  return node;
}

export function set(node, attributes) {
  for (const name in attributes) {
    const value = attributes[name];
    const written = typeof value === "number" ? String(Math.round(value * 10) / 10) : value;
    if (node.getAttribute(name) !== written) node.setAttribute(name, written);
  }
  return node;
}

/* A texture for each state, so that none is told by its colour alone. `prefix` keeps the ids of two drawings apart. */
export function textures(prefix) {
  const pattern = (state, size, d) => {
    const node = element("pattern", { id: `${prefix}-${state}`, width: size, height: size, patternUnits: "userSpaceOnUse" });
    node.append(
      element("rect", { width: size, height: size, class: `waterfall__fill-${state}` }),
      element("path", { d, class: `waterfall__stroke-${state}`, fill: "none" }),
    );
    return node;
  };
  const defs = element("defs");
  defs.append(
    pattern("waiting", 5, "M-1,1 L1,-1 M0,5 L5,0 M4,6 L6,4"),
    pattern("holding", 5, "M-1,-1 L6,6 M-1,4 L1,6 M4,-1 L6,1"),
    pattern("thread", 5, "M2.5,0 V5"),
    pattern("failed", 6, "M0,0 L6,6 M6,0 L0,6"),
  );
  return defs;
}
