// A bound number, `[data-bound]`, shows where it comes from while it is pointed at or has the focus. That works without a script;
// with it, Escape puts what is shown away until the number is left.

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const number of document.querySelectorAll("[data-bound]:is(:hover, :focus-within)")) {
    number.dataset.dismissed = "";
    const again = () => {
      if (!number.matches(":hover, :focus-within")) delete number.dataset.dismissed;
    };
    number.addEventListener("pointerleave", () => setTimeout(again), { once: true });
    number.addEventListener("focusout", () => setTimeout(again), { once: true });
  }
});
