/* The outline and the strip of nine cells, where they are wider or longer than their place: bring what is current into view,
   and close the outline's sheet when the window grows wide enough to show it beside the lesson. Without this script both can
   be scrolled by hand. */

const wide = matchMedia("(min-width: 60.01rem)");

function centre(scroller, current, axis) {
  if (!scroller || !current) return;
  const outer = scroller.getBoundingClientRect();
  const inner = current.getBoundingClientRect();
  if (axis === "x") scroller.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  else scroller.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
}

function bringIntoView() {
  const cells = document.getElementById("cells");
  const outline = document.getElementById("outline");
  centre(cells?.querySelector("ol"), cells?.querySelector("[aria-current]"), "x");
  if (wide.matches) centre(outline, outline?.querySelector("[aria-current]"), "y");
}

wide.addEventListener("change", () => {
  const outline = document.getElementById("outline");
  if (wide.matches && outline?.matches(":popover-open")) outline.hidePopover();
  bringIntoView();
});
document.addEventListener("toggle", (event) => {
  if (event.target.id === "outline" && event.newState === "open") centre(event.target, event.target.querySelector("[aria-current]"), "y");
}, true);
document.addEventListener("interleave:swapped", bringIntoView);
document.fonts.ready.then(bringIntoView);
bringIntoView();
