// The picture of a net, whose boxes are coloured by a reading at a moment; clicking one chooses its node.
"use strict";

class Diagram {
  /** The boxes are those of the nodes; `choose(i)` is called when one is clicked, or by the keyboard. */
  constructor(nodes, choose) {
    this.boxes = new Map();
    const named = new Map();
    for (const group of document.querySelectorAll("#diagram g.node")) {
      named.set(group.querySelector("title")?.textContent, group);
    }
    nodes.forEach((node, i) => {
      for (const group of node.boxes.map((name) => named.get(name)).filter(Boolean)) {
        this.boxes.set(group, i);
        group.setAttribute("tabindex", "0");
        group.setAttribute("role", "button");
        const chosen = (event) => {
          event.preventDefault();
          choose(i);
        };
        group.addEventListener("click", chosen);
        group.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && chosen(event));
      }
    });
  }

  /** Colour the boxes by the reading that is chosen, on one scale for all moments, so that changes are seen. */
  show(data, moment, view) {
    const r = data.readings.findIndex((reading) => reading.key === view.reading);
    const reading = data.readings[r];
    const scale = new Scale(reading, data.palette);
    const failed = data.state === "failed" && moment === data.moments.at(-1);
    for (const [group, i] of this.boxes) {
      const { path } = data.nodes[i];
      const value = moment?.nodes[r]?.[i] ?? null;
      const fill = value === null ? null : scale.color(value);
      const shape = group.querySelector("path, polygon, ellipse");
      if (shape) shape.style.fill = fill ?? "";
      group.classList.toggle("unread", fill === null);
      group.classList.toggle("coloured", fill !== null);
      group.classList.toggle("on-dark", fill !== null && isDark(fill));
      group.classList.toggle("strange", failed && data.strange.includes(i));
      group.classList.toggle("chosen", path === view.node);
      group.setAttribute("aria-label", `${path}: ${reading.title} ${written(value)}`);
    }
    const bar = document.querySelector("#scale");
    bar.hidden = !this.boxes.size;
    bar.replaceChildren(...scale.legend());
    document.querySelector("#meaning").textContent = reading.meaning;
  }
}
