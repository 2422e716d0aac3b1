/* <run-replay>: replays up to two recorded runs on one time axis. Light DOM; every word inside comes from the server.

   Inside      [data-track] with the URL of a recording, and in it [data-chart] the drawing's place, [data-listing] the program,
               [data-state] with [data-now] numbers, [data-cut]; [data-controls] with [data-do] buttons, [data-speed], [data-asides],
               [data-scrub]; [data-sentence] the step in words; [data-said] a live region; [data-ink] swatches of the key
   Near it     form[data-choose]: which variants a figure shows; its section is fetched anew from its data-refresh
   Without it  the programs, the table of steps on the run's page, and the files.

   Nothing is drawn that was not recorded, and nothing runs while it is not played. */

import { parse } from "./fragments.js";
import { choose } from "./replay-choice.js";
import { control } from "./replay-controls.js";
import { Drawing } from "./replay-drawing.js";
import { Inks } from "./replay-inks.js";
import { Panel } from "./replay-panel.js";
import { Track } from "./replay-track.js";
import { Transport } from "./replay-transport.js";
import { TimeWindow } from "./replay-window.js";

const SAY_EVERY_MS = 3000;

class RunReplay extends HTMLElement {
  connectedCallback() {
    if (this.places) return;
    this.places = [...this.querySelectorAll("[data-track]")];
    this.said = 0;
    this.scrub = this.querySelector("[data-scrub]");
    choose(this);
    this.load();
  }

  disconnectedCallback() {
    this.transport?.stop();
    this.sized?.disconnect();
    this.themed?.disconnect();
  }

  async load() {
    const answers = await Promise.all(this.places.map(place => fetch(place.dataset.track).then(answer => (answer.ok ? answer.json() : null)).catch(() => null)));
    if (!this.isConnected || answers.some(answer => !answer)) return this.tell("The recording could not be read. Reload the page to try again.");
    this.tracks = answers.map((answer, i) => new Track(answer, i));
    this.view = new TimeWindow();
    this.inks = new Inks(this);
    this.transport = new Transport(this.tracks, change => this.changed(change));
    this.view.end = this.transport.end;
    this.view.fit();
    this.panels = this.tracks.map((track, i) => new Panel(this.places[i], track));
    this.querySelector("[data-controls]").hidden = false;
    this.drawings = this.tracks.map((track, i) => new Drawing(this.panels[i].chart, track, this.view, this.inks));
    control(this);
    this.sized = new ResizeObserver(() => this.layout());
    for (const panel of this.panels) this.sized.observe(panel.chart);
    this.themed = new MutationObserver(() => this.layout());
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.isConnected && this.layout());
    this.layout();
    this.transport.move(-Infinity);
  }

  layout() {
    for (const drawing of this.drawings) drawing.layout();
    for (const panel of this.panels) panel.resized();
    this.redraw();
  }

  redraw() {
    for (const drawing of this.drawings) drawing.draw();
    this.point();
  }

  changed({ asked }) {
    if (!this.drawings) return;
    if (this.view.follow(this.transport.moment)) this.redraw();
    else this.point();
    const { moment, end, playing, step } = this.transport;
    const at = Math.round((moment / end) * 1000);
    if (at !== this.at) this.scrub.value = this.at = at;
    if (playing !== this.playing) this.showPlaying(playing);
    if (step !== this.told) this.tellStep(step);
    if (asked || (playing && performance.now() - this.said > SAY_EVERY_MS)) this.say();
  }

  /* Written when it changes: what is written anew in each frame is styled and laid out anew. */
  showPlaying(playing) {
    this.playing = playing;
    this.querySelector("[data-do=play] [data-word]").textContent = playing ? "Pause" : "Play";
    this.querySelector("[data-do=play] use").setAttribute("href", playing ? "#i-pause" : "#i-play");
  }

  point() {
    const { moment, step } = this.transport;
    this.drawings.forEach((drawing, i) => drawing.point(moment, step?.[2] === this.tracks[i] ? step[1] : null));
    this.panels.forEach((panel, i) => panel.show(moment, step?.[2] === this.tracks[i] ? step[1] : null));
  }

  tellStep(step) {
    this.told = step;
    if (!step) return this.tell("Before the first step.");
    const label = this.tracks.length > 1 ? this.panels[step[2].index].label : "";
    this.querySelector("[data-sentence]").replaceChildren(this.panels[step[2].index].heading(step[1], label), ...parse(step[2].sentences[step[1][5]]).body.childNodes);
  }

  tell(words) {
    this.querySelector("[data-sentence]").textContent = words;
  }

  say() {
    this.said = performance.now();
    this.querySelector("[data-said]").textContent = this.querySelector("[data-sentence]").textContent;
  }
}

customElements.define("run-replay", RunReplay);
