/* <live-lab>: runs a lab from its page, and follows the run that is on. Light DOM; all of its HTML comes from the server.

   Attributes  data-run     URL of the run that is shown; data-state: queued, running, finished, failed, stopped, or none
               data-own     the run that is shown is of an author's own program
   Inside      form[data-run-form] (see lab-form.js); for an author a form[data-own-form] in an <own-program> for each program;
               form[data-stop-form] and its button [data-stop]; [data-refusal] with its text
               and link; [data-progress] the running sentence; template[data-blank] a panel before its run; <live-waterfall>;
               [data-part] regions, which the run's fragment replaces by name when it ends
   Events      interleave:progress on the document when a run has ended
   Page        every [data-refresh] is fetched anew from that URL when a run has ended
   Without it  the form leads to the run's own page. */

import "./copy-command.js";
import { LabForm } from "./lab-form.js";
import { LiveFigures } from "./live-figures.js";
import { ask, fragment, refresh, swap } from "./page-parts.js";
import { FINAL } from "./run-stream.js";
import { WORDS } from "./waterfall-words.js";

const ON = ["starting", "queued", "running"];

class LiveLab extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = new LabForm(this);
    this.figures = new LiveFigures(this);
    this.waterfall = this.querySelector("live-waterfall");
    this.addEventListener("submit", event => this.submit(event));
    this.addEventListener("click", event => this.turn(event.target.closest("[data-step]")));
    this.addEventListener("change", event => event.target.name === "variant" && this.choose(event.target));
    for (const name of ["message", "paint", "lost", "found", "gone"]) this.addEventListener(`waterfall:${name}`, event => this[name](event.detail));
    this.lay("own" in this.dataset ? this.form.variant : this.form.others()[0]);
    this.enter(this.dataset.state ?? "");
  }

  get on() {
    return ON.includes(this.dataset.state);
  }

  enter(state) {
    this.dataset.state = state;
    this.away = false;
    this.form.show({ on: this.on, stoppable: this.on && state !== "starting", ended: FINAL.includes(state), run: this.dataset.run });
    if (!this.on) this.line("");
  }

  line(text) {
    const line = this.querySelector("[data-progress]");
    line.hidden = !text;
    const words = line.querySelector("[data-progress-text]");
    if (words.textContent !== text) words.textContent = text;
  }

  /* The run before the one that is drawn next, as its silhouette; and the rows' path. */
  lay(before) {
    this.waterfall.dataset.path = this.form.path;
    if (!before?.dataset.ends) return;
    this.waterfall.dataset.silhouette = before.dataset.ends;
    this.waterfall.dataset.silhouetteLabel = WORDS.lastRun(before.dataset.label, Number(before.dataset.wall));
  }

  blank(label, requests) {
    swap(this, this.querySelector("[data-blank]").content);
    this.figures.caption(label, this.form.form);
    this.waterfall.dataset.requests = requests;
  }

  submit(event) {
    event.preventDefault();
    if (event.target === this.form.form) this.run();
    else if (event.target.matches("[data-own-form]")) this.run(event.target);
    else this.stop(event.target);
  }

  /* `own`: the form of an author's own program. One that is as in the lesson is the lesson's. */
  async run(own = null) {
    if (this.on) return;
    const chosen = own ? this.form.choose(own.elements.variant.value) : this.form.variant;
    if (own?.elements.program.value === own?.elements.program.defaultValue) own = null;
    const requests = this.form.requests;
    const before = own && chosen.dataset.ends ? chosen : this.shown ?? (chosen.dataset.ends ? chosen : this.form.others()[0]);
    const label = own ? WORDS.own(chosen.dataset.label) : chosen.dataset.label;
    this.enter("starting");
    this.line(WORDS.starting);
    const run = await this.form.send(own);
    if (!run) return this.enter(this.dataset.run ? "finished" : "");
    this.lay(before);
    this.waterfall.querySelector("[data-invitation]")?.remove();
    this.blank(label, requests);
    this.running = chosen;
    this.toggleAttribute("data-own", Boolean(own));
    this.dataset.run = run.url;
    this.waterfall.dataset.prediction = run.predicted ?? "";
    this.waterfall.dataset.events = run.events;
    this.enter(run.state);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.waterfall.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }

  async stop(form) {
    this.line(WORDS.stopping);
    await ask(form.action, new URLSearchParams());
  }

  message({ message, trace }) {
    if (FINAL.includes(message.state)) return this.finish(message, trace);
    if (FINAL.includes(this.dataset.state)) return; /* an ended run is told once more, from its first message on */
    if (message.state !== this.dataset.state) this.enter(message.state);
    if (message.state === "queued") this.line(WORDS.queued(message.position));
  }

  paint({ trace }) {
    if (!this.on || !trace.clock) return;
    this.figures.paint(trace);
    if (!this.away) this.line(WORDS.progress(trace));
  }

  async finish(message, trace) {
    const live = this.on;
    const radio = this.running ?? this.form.variant;
    if (radio && message.state === "finished") this.keep(radio, trace);
    this.enter(message.state);
    if (!live) return;
    this.judge(radio?.value, message);
    const parts = await fragment(this.dataset.run);
    if (parts) swap(this, parts);
    this.waterfall.say((this.querySelector("[data-finding]") ?? this.querySelector("[data-failure] p"))?.textContent.trim() ?? "");
    refresh();
    document.dispatchEvent(new CustomEvent("interleave:progress"));
  }

  /* The radio remembers its variant's last run of the lesson's program; what was shown last is what the next run is laid over. */
  keep(radio, trace) {
    const ends = trace.rows.map(row => row.done ?? "").join(",");
    const ran = { run: this.dataset.run, events: this.waterfall.dataset.events, requests: trace.requests, wall: trace.figures().wall ?? "", ends, predicted: this.waterfall.dataset.prediction ?? "" };
    const own = "own" in this.dataset;
    if (!own) Object.assign(radio.dataset, ran);
    this.shown = { dataset: { ...ran, label: own ? WORDS.own(radio.dataset.label) : radio.dataset.label } };
  }

  /* What the run showed of its program: the colour of its name, or the line where it failed, which of an own one is in its editor. */
  judge(variant, { finding, failure }) {
    for (const marked of this.querySelectorAll("[data-failed]")) delete marked.dataset.failed;
    if (!variant) return;
    const own = this.querySelector(`[data-variant="${CSS.escape(variant)}"] own-program`);
    if ("own" in this.dataset) return own?.mark?.(failure);
    for (const place of this.querySelectorAll(`[data-variant="${CSS.escape(variant)}"]`)) {
      if (finding?.tone) place.dataset.tone = finding.tone;
      const line = failure?.line ? place.querySelector(`[data-line="${failure.line}"]`) : null;
      if (line) line.dataset.failed = "";
    }
  }

  /* Another variant is chosen: show its last run, else what a run of it will show. A run that is on stays in sight. */
  async choose(radio) {
    if (this.on) return;
    this.form.refuse("");
    this.lay(this.shown ?? this.form.others()[0]);
    delete this.dataset.own;
    const { run, events, requests, label, predicted } = radio.dataset;
    this.waterfall.dataset.prediction = predicted ?? "";
    if (!run) {
      this.blank(label, this.form.requests);
      delete this.waterfall.dataset.events;
      delete this.dataset.run;
      return this.enter("");
    }
    const parts = await fragment(run);
    if (this.on || this.form.variant !== radio) return;
    if (parts) swap(this, parts);
    this.running = radio;
    this.dataset.run = run;
    this.enter("finished");
    this.waterfall.dataset.requests = requests;
    this.waterfall.dataset.events = events;
  }

  turn(button) {
    const input = this.form.turn(button);
    if (input?.name === "requests" && !this.dataset.run && !this.on) this.waterfall.dataset.requests = input.value;
  }

  lost() {
    if (!this.on) return;
    this.away = true;
    this.line(WORDS.lost);
  }

  found() {
    this.away = false;
    this.line("");
  }

  gone() {
    if (!this.on) return this.waterfall.drawRows(this.querySelectorAll("[data-moments]"));
    this.enter("");
    this.form.refuse(WORDS.gone, this.dataset.run);
  }
}

customElements.define("live-lab", LiveLab);
