/* The form of an item as the outbox keeps it, and back; and how it looks while its answer waits there. */

const LONGEST = 200;

/* What is sent, and what a person needs in order to recognise it. The form's key is its own. */
export function asEntry(item, form) {
  const { pathname, search } = new URL(form.action);
  return {
    key: form.elements.key.value,
    reader: form.elements.reader.value,
    action: pathname + search,
    item: pathname,
    fields: [...new FormData(form)],
    chosen: given(form),
    where: item.dataset.where,
    page: `${location.pathname}${location.search}#${item.id}`,
    at: Date.now(),
    tries: 0,
  };
}

/* What a person gives an answer with, whatever its kind. */
export const inputs = form => [...form.querySelectorAll("[name=option], [name=answer], [name=place]")];

/* Whether there is no answer to send; what is none for another reason, the server says. */
export const isEmpty = form => !form.querySelector("[name=option]:checked, [name=place]") && !form.querySelector("[name=answer]")?.value.trim();

/* Give the answer that these fields say. */
export function fill(form, fields) {
  for (const input of form.querySelectorAll("[name=option]")) {
    input.checked = fields.some(([name, value]) => name === input.name && value === input.value);
  }
  for (const input of form.querySelectorAll("[name=certainty]")) {
    input.checked = fields.some(([name, value]) => name === "certainty" && value === input.value);
  }
  const answer = fields.find(([name]) => name === "answer");
  if (answer && form.elements.answer) form.elements.answer.value = answer[1];
  for (const [name, value] of fields) {
    const step = name === "place" && form.querySelector(`[data-step="${CSS.escape(value)}"]`);
    if (step) step.parentElement.append(step);
  }
  const key = fields.find(([name]) => name === "key");
  if (key) form.elements.key.value = key[1];
}

const pathOf = form => new URL(form.action).pathname;

/* An answer belongs to the attempt and to the try in which it was given; one that was kept before there were tries, to the first. */
export function isFor(entry, form) {
  const at = name => entry.fields.find(([field]) => field === name)?.[1];
  return entry.item === pathOf(form) && at("attempt") === form.elements.attempt.value && (at("seq") ?? "1") === (form.elements.seq?.value ?? "1");
}

/* What was chosen is shown and takes nothing else. */
export function lock(item, entry) {
  item.dataset.state = "waiting";
  fill(item.querySelector("form"), entry.fields);
  still(item, true);
}

export function unlock(item) {
  item.dataset.state = "open";
  item.querySelector("form").elements.key.value = "";
  still(item, false);
}

function still(item, waits) {
  item.querySelector("fieldset").disabled = waits;
  item.querySelector("[data-foot]").hidden = waits;
  item.querySelector("[data-waiting]").hidden = !waits;
}

/* In the words of the page: the options chosen, the steps in their order, or what was written. */
function given(form) {
  const steps = [...form.querySelectorAll("[name=place]")].map(place => place.selectedOptions[0].text);
  const written = form.elements.answer?.value.trim().slice(0, LONGEST);
  return [...form.querySelectorAll("[name=option]:checked")].map(input => words(input.closest("label"))).concat(steps, written || []);
}

const words = label => label.textContent.trim().replace(/\s+/g, " ").slice(0, LONGEST);
