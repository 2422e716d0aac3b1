/* <sender-table>: the rows of what this browser sent, above those of this server's generator.

   Attributes  data-lab   as <browser-sender> has it
   Inside      tbody[data-sent] for the rows, a template of one with [data-cell] label, how, requests, wall, peak; a template
               whose [data-way="own no-store"] and the like name a way of sending; [data-none], shown while there are no rows
   Without it  the rows of the generator stand alone, and [data-none] says how to send. */

import { kept } from "./sender-record.js";
import { NOTHING, seconds } from "./waterfall-words.js";

class SenderTable extends HTMLElement {
  connectedCallback() {
    document.addEventListener("interleave:sent", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    document.removeEventListener("interleave:sent", this);
  }

  handleEvent() {
    const rows = Object.values(kept(this.dataset.lab));
    const [blank, ways] = [...this.querySelectorAll("template")].map(template => template.content);
    this.querySelector("[data-none]").hidden = rows.length > 0;
    this.querySelector("[data-sent]").replaceChildren(...rows.map(row => {
      const line = blank.cloneNode(true);
      const way = ways.querySelector(`[data-way="${CSS.escape(`${row.address} ${row.cache}`)}"]`);
      const cells = { label: row.label, how: way?.textContent ?? "", requests: row.requests, wall: seconds(row.wall), peak: row.peak ?? NOTHING };
      for (const cell of line.querySelectorAll("[data-cell]")) cell.textContent = cells[cell.dataset.cell];
      return line;
    }));
  }
}

customElements.define("sender-table", SenderTable);
