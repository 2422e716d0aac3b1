/* What a person did in a part of the page that another takes the place of: what was typed and chosen, what was opened, the focus. */

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

export function keep(old, fresh) {
  for (const field of old.querySelectorAll("input[name], textarea[name], select[name]")) {
    const same = alike(fresh, field);
    if (["radio", "checkbox"].includes(field.type)) {
      const twin = same.find(one => one.value === field.value);
      if (twin && field.checked !== field.defaultChecked) twin.checked = field.checked;
    } else if (field.type !== "hidden" && field.value !== field.defaultValue) {
      const twin = same[alike(old, field).indexOf(field)];
      if (twin) twin.value = field.value;
    }
  }
  const opened = [...fresh.querySelectorAll("details")];
  [...old.querySelectorAll("details")].forEach((one, at) => { if (opened[at]) opened[at].open = one.open; });
}

/* Fields of that name and type: another form of the part may carry the same name unseen. */
function alike(part, { name, type }) {
  return [...part.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter(field => field.type === type);
}

/* Where the focus is, as something that finds its like in another part. */
export function focusIn(part) {
  const at = document.activeElement;
  if (!part.contains(at)) return null;
  const order = [...part.querySelectorAll(FOCUSABLE)].indexOf(at);
  return fresh => {
    const like = [...fresh.querySelectorAll(FOCUSABLE)];
    return like.find(one => at.id && one.id === at.id) ?? like.find(one => at.name && one.name === at.name && one.value === at.value) ?? like[order] ?? null;
  };
}
