/* What a reader has made of a program, kept in this browser until it is reset: the text, and the hash of the program that it was made
   from, so that a lesson that changes meanwhile is noticed. Where the browser keeps nothing, there is no draft after a reload. */

const PREFIX = "interleave:draft:";

export class Draft {
  constructor(place, hash) {
    Object.assign(this, { key: place ? PREFIX + place : null, hash, base: hash });
  }

  /* Whether the kept text was made from another program than the one that is shown. */
  get outdated() {
    return this.base !== this.hash;
  }

  read() {
    if (!this.key) return null;
    try {
      const { text, hash } = JSON.parse(localStorage.getItem(this.key));
      if (typeof text !== "string") return null;
      this.base = hash;
      return text;
    } catch {
      return null;
    }
  }

  /* Whether it is kept now. */
  write(text) {
    if (!this.key) return false;
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, hash: this.base }));
      return true;
    } catch {
      return false;
    }
  }

  drop() {
    this.base = this.hash;
    try {
      if (this.key) localStorage.removeItem(this.key);
    } catch { /* Nothing was kept then. */ }
  }
}
