// The training page: charts of what was recorded, and the diagram coloured by it at a chosen moment. It follows the
// training as long as that goes on.
"use strict";

const MOST_MARKS = 40; // of epochs in a chart

class TrainingPage {
  constructor(data) {
    this.data = data;
    this.view = new View();
    this.charts = {};
    this.hiddenSets = {};
    this.makeCharts();
    this.makeControls();
    this.diagram = new Diagram(data.nodes, (i) => this.chooseNode(i));
    this.panel = new NodePanel((place, name) => this.chart(place, name));
    this.show();
    if (this.view.scroll !== null) window.scrollTo(0, this.view.scroll);
    addEventListener("pagehide", () => this.view.keep());
    document.addEventListener("choice", () => {
      for (const [name, hidden] of Object.entries(this.hiddenSets)) this.view.hidden[name] = [...hidden];
      this.view.keep();
    });
    this.follow();
  }

  // ---- making

  makeCharts() {
    for (const place of document.querySelectorAll("[data-chart]")) {
      this.charts[place.dataset.chart] = this.chart(place, place.dataset.chart);
    }
  }

  chart(place, name) {
    this.hiddenSets[name] = new Set(this.view.hidden[name] || []);
    return new Chart(place, {
      label: place.dataset.label,
      height: Number(place.dataset.height),
      xName: "step",
      hidden: this.hiddenSets[name],
      describeX: (step) => `step ${written(step, 9)} · epoch ${written(this.epochOf(step), 4)}`,
      pick: (step) => this.choose(step),
    });
  }

  makeControls() {
    document.querySelector(".controls").hidden = false;
    const slider = document.querySelector("#moment");
    slider.addEventListener("input", () => this.chooseMoment(Number(slider.value)));
    document.querySelector("#latest").addEventListener("click", () => this.chooseMoment(this.data.moments.length - 1));
    document.querySelector("#play").addEventListener("click", () => this.play());
    document.querySelector("#log").addEventListener("change", (event) => {
      this.view.log = event.target.checked;
      this.view.keep();
      this.show();
    });
    document.querySelector("#log").checked = this.view.log;
    this.makeChoices();
  }

  makeChoices() {
    const choices = document.querySelector("#readings");
    const available = this.data.readings;
    if (!available.some((reading) => reading.key === this.view.reading)) this.view.reading = available[0]?.key ?? null;
    choices.replaceChildren(
      ...available.map((reading) =>
        element("label", { title: reading.meaning },
          element("input", {
            type: "radio",
            name: "reading",
            value: reading.key,
            checked: reading.key === this.view.reading,
            onchange: () => this.chooseReading(reading.key),
          }),
          element("span", {}, reading.title))),
    );
  }

  // ---- choosing

  epochOf(step) {
    return this.data.stepsPerEpoch ? step / this.data.stepsPerEpoch : NaN;
  }

  get momentIndex() {
    const last = this.data.moments.length - 1;
    return this.view.step === null ? last : nearest(this.data.moments.map((moment) => moment.step), this.view.step);
  }

  choose(step) {
    if (this.data.moments.length) this.chooseMoment(nearest(this.data.moments.map((moment) => moment.step), step));
  }

  chooseMoment(index) {
    const last = this.data.moments.length - 1;
    this.view.step = index >= last ? null : this.data.moments[index].step;
    this.view.keep();
    this.show();
  }

  chooseReading(key) {
    this.view.reading = key;
    this.view.keep();
    this.showMoment();
  }

  chooseNode(index) {
    this.view.node = this.view.node === this.data.nodes[index].path ? null : this.data.nodes[index].path;
    this.view.keep();
    this.showMoment();
  }

  play() {
    if (this.playing) return this.pause();
    const button = document.querySelector("#play");
    button.textContent = "Pause";
    let index = this.momentIndex >= this.data.moments.length - 1 ? 0 : this.momentIndex;
    const pace = Math.max(40, 8000 / Math.max(1, this.data.moments.length));
    this.chooseMoment(index);
    this.playing = setInterval(() => {
      index += 1;
      if (index >= this.data.moments.length) this.pause();
      else this.chooseMoment(index);
    }, pace);
    return undefined;
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    document.querySelector("#play").textContent = "Play";
  }

  // ---- showing

  show() {
    const { data } = this;
    const steps = data.moments.map((moment) => moment.step);
    const at = this.view.step;
    const marks = this.epochMarks();
    const over = (series, more = {}) => ({ series, at, marks, ...more });
    const { losses, validation, moments } = data;
    const ofMoments = (name, value) => ({ name, x: steps, y: moments.map(value) });
    const loss = [
      { name: "training", x: losses.steps, y: losses.means, low: losses.lows, high: losses.highs },
      { name: "validation", x: validation.steps, y: validation.losses, points: true },
    ].filter((series) => series.x.length);
    this.update("loss", over(loss, { log: this.view.log }));
    const metrics = Object.entries(validation.metrics);
    this.update("metrics", over(metrics.map(([name, y]) => ({ name, x: validation.steps, y, points: true }))));
    const gradients = data.parameters.map(({ name }, i) => ofMoments(name, (moment) => moment.gradients[i]));
    this.update("gradients", over(gradients, { log: true }));
    const limits = data.clipNorm ? [{ name: `clipped to ${written(data.clipNorm)}`, y: data.clipNorm }] : [];
    const norm = ofMoments("norm of the whole gradient", (moment) => moment.norm);
    this.update("norm", over([norm], { log: true, limits }));
    this.update("rate", over([ofMoments("learning rate", (moment) => moment.rate)], { includes: [0] }));
    this.update("speed", over([ofMoments(`${data.unit} per second`, (moment) => moment.speed)], { includes: [0] }));
    for (const reading of ["saturation", "dead"]) {
      this.update(reading, over(this.seriesOf(reading, steps), { includes: [0, 1] }));
    }
    this.showStatus();
    this.showTable();
    this.showMoment();
  }

  update(name, data) {
    const chart = this.charts[name];
    if (!chart) return;
    chart.place.closest("[data-panel]").hidden = !data.series.length;
    chart.update(data);
  }

  /** Return a line for each node that has a reading. */
  seriesOf(key, steps) {
    const r = this.data.readings.findIndex((reading) => reading.key === key);
    if (r < 0) return [];
    return this.data.nodes
      .map((node, i) => ({ name: node.path, x: steps, y: this.data.moments.map((each) => each.nodes[r]?.[i] ?? null) }))
      .filter((series) => series.y.some((value) => value !== null));
  }

  /** Return the steps at which epochs end, if these are not too many to be seen. */
  epochMarks() {
    const { stepsPerEpoch, step, losses } = this.data;
    if (!stepsPerEpoch) return [];
    const from = Math.floor((losses.steps[0] ?? step) / stepsPerEpoch);
    const count = Math.floor(step / stepsPerEpoch) - from;
    if (count > MOST_MARKS) return [];
    return Array.from({ length: count }, (_, i) => (from + i + 1) * stepsPerEpoch).filter((mark) => mark < step);
  }

  showStatus() {
    const { data } = this;
    const stale = data.state === "running" && Date.now() / 1000 > data.written + data.staleAfter;
    const shown = stale ? "stale" : data.state;
    const pill = document.querySelector("#state");
    pill.dataset.state = shown;
    pill.textContent = stale ? `no news since ${new Date(data.written * 1000).toLocaleTimeString()}` : shown;
    for (const place of document.querySelectorAll("[data-fact]")) {
      const fact = data.facts[place.dataset.fact];
      place.hidden = !fact;
      if (fact) place.querySelectorAll("dd").forEach((line, i) => { line.textContent = fact[i]; });
    }
    document.querySelector("#progress").value = data.share;
    document.title = `${data.state === "running" ? `${Math.floor(100 * data.share)} % · ` : ""}${data.title}`;
    const alarms = document.querySelector("#alarms");
    alarms.hidden = !data.alarms.length;
    alarms.replaceChildren(...data.alarms.map((text) => element("p", {}, text)));
  }

  showTable() {
    const rows = document.querySelectorAll("#parameters tbody tr");
    const latest = this.data.moments[this.momentIndex];
    rows.forEach((row, i) => {
      const gradient = latest?.gradients[i];
      const value = latest?.values[i];
      row.querySelector("[data-cell=gradient]").textContent = written(gradient);
      row.querySelector("[data-cell=value]").textContent = written(value);
      row.querySelector("[data-cell=ratio]").textContent = written(value ? gradient / value : null, 3);
    });
  }

  showMoment() {
    const { data } = this;
    const slider = document.querySelector("#moment");
    const last = Math.max(0, data.moments.length - 1);
    slider.max = last;
    slider.value = this.momentIndex;
    slider.disabled = !last;
    const moment = data.moments[this.momentIndex];
    const epoch = moment ? written(moment.epoch, 4) : "";
    const where = moment ? `step ${written(moment.step, 9)} · epoch ${epoch}` : "nothing recorded yet";
    document.querySelector("#moment-name").textContent = where + (this.view.step === null && moment ? " (latest)" : "");
    slider.setAttribute("aria-valuetext", where);
    this.diagram.show(data, moment, this.view);
    const chosen = data.nodes.findIndex((node) => node.path === this.view.node);
    this.panel.show(data, chosen, moment, this.view.step);
  }

  // ---- following a training that goes on

  follow() {
    const { state, written: at, staleAfter, seconds } = this.data;
    if (state !== "running") return;
    if (Date.now() / 1000 > at + staleAfter) this.showStatus(); // no one writes any more
    else setTimeout(() => readAnew((text) => this.take(JSON.parse(text)), () => this.reload()), 1000 * seconds);
  }

  reload() {
    this.view.keep();
    location.reload();
  }

  take(data) {
    if (data.run !== this.data.run) return this.reload(); // another training writes here now
    const keys = (from) => from.readings.map((reading) => reading.key).join();
    const others = keys(data) !== keys(this.data);
    this.data = data;
    if (others) this.makeChoices();
    this.show();
    this.follow();
    return undefined;
  }
}

{
  const held = document.querySelector("#data").textContent;
  if (isFeed()) feed(held);
  else new TrainingPage(JSON.parse(held));
}
