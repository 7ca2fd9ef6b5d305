// The curves of one node, beside the diagram.
"use strict";

class NodePanel {
  /** `chart(place, name)` makes a chart as all of the page are. */
  constructor(chart) {
    this.chart = chart;
    this.charts = {};
    this.shown = "";
  }

  /** Show node `i` of the data at a moment; -1 for none. `at` is the step that is chosen, if one is. */
  show(data, i, moment, at) {
    document.querySelector("#node-hint").hidden = i >= 0 || !document.querySelector("#diagram svg");
    document.querySelector("#node").hidden = i < 0;
    if (i < 0) return;
    const node = data.nodes[i];
    document.querySelector("#node-name").textContent = node.path;
    document.querySelector("#node-kind").textContent = [node.module, node.place].filter(Boolean).join(" · ");
    const valueOf = (each, r) => each?.nodes[r]?.[i] ?? null;
    const present = data.readings
      .map((reading, r) => ({ reading, r }))
      .filter(({ r }) => data.moments.some((each) => valueOf(each, r) !== null));
    document.querySelector("#node-values").replaceChildren(
      ...present.map(({ reading, r }) =>
        element("div", {},
          element("dt", {}, reading.title),
          element("dd", { "data-reading": reading.key }, written(valueOf(moment, r))))),
    );
    this.make(node, i, present.map(({ reading }) => reading));
    const x = data.moments.map((each) => each.step);
    for (const { reading, r } of present) {
      this.charts[reading.key].update({
        at,
        log: reading.scale === "log",
        includes: reading.scale === "share" ? [0, 1] : [],
        series: [{ name: reading.title, x, y: data.moments.map((each) => valueOf(each, r)) }],
      });
    }
    if (node.parameters.length) {
      this.charts.parameters.update({
        at,
        log: true,
        series: node.parameters.map((p) => ({
          name: data.parameters[p].name, x, y: data.moments.map((each) => each.gradients[p]),
        })),
      });
    }
  }

  /** Make the charts of a node, unless they are there. */
  make(node, i, readings) {
    const wanted = readings.map(({ key, title }) => [key, title]);
    if (node.parameters.length) wanted.push(["parameters", "gradient norm of its parameters"]);
    const shown = `${i}: ${wanted.join()}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.charts = {};
    document.querySelector("#node-charts").replaceChildren(
      ...wanted.map(([key, title]) => {
        const place = element("div", { "data-label": `${title} of ${node.path}`, "data-height": 140 });
        this.charts[key] = this.chart(place, `node ${key}`);
        return element("div", {}, element("h4", {}, title), place);
      }),
    );
  }
}
