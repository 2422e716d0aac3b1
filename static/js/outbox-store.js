/* Answers that this device keeps until the server has them. Each is one entry of localStorage, so that two tabs never write over
   each other's; where nothing can be stored, `put` says so.

   An entry  key       its name for the server, made once for one choice: what is sent twice counts once
             reader    whose answer it is; action, item, fields: where it goes and what is sent
             chosen, where, page   for people: the words chosen, the question's name, its address
             at, tries             when it was given, and how often no answer came
             refused               why it will not be sent again: answered, changed or gone */

const PREFIX = "interleave.answer.";
const FORGOTTEN = "interleave.forgotten";
const MOST = 200;

/* 128 bits; randomUUID is missing on plain http. */
export const makeKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");

/* Every entry, the oldest first. One that cannot be read is none. */
export function all() {
  return names().map(name => read(name)).filter(Boolean).sort((one, other) => one.at - other.at);
}

export const waiting = () => all().filter(({ tries, refused }) => tries && !refused);

export const find = key => read(PREFIX + key);

export function put(entry) {
  try {
    if (!find(entry.key) && names().length >= MOST) return false;
    localStorage.setItem(PREFIX + entry.key, JSON.stringify(entry));
    return true;
  } catch {
    return false;
  }
}

export function remove(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch { /* What cannot be written was not kept either. */ }
}

/* The reader asks to be forgotten. Their answers go once a page of somebody else shows that it has happened. */
export function forget(reader) {
  try {
    localStorage.setItem(FORGOTTEN, reader);
  } catch { /* As above. */ }
}

export function arrive(reader) {
  const forgotten = names(FORGOTTEN).length ? localStorage.getItem(FORGOTTEN) : null;
  if (!forgotten || forgotten === reader) return;
  for (const entry of all()) if (entry.reader === forgotten) remove(entry.key);
  localStorage.removeItem(FORGOTTEN);
}

/* Another tab has put, changed or removed one. */
export function watch(changed) {
  addEventListener("storage", ({ key }) => (key === null || key.startsWith(PREFIX)) && changed());
}

function names(prefix = PREFIX) {
  try {
    return Object.keys(localStorage).filter(name => name.startsWith(prefix));
  } catch {
    return [];
  }
}

function read(name) {
  try {
    const entry = JSON.parse(localStorage.getItem(name));
    return entry && typeof entry.key === "string" && Array.isArray(entry.fields) ? entry : null;
  } catch {
    return null;
  }
}
