// What the user has chosen on the training page: the moment, the reading, the node, the lines that are hidden.
"use strict";

/** What the user has chosen; kept in the entry of the history, so that it survives when the page is loaded anew. */
class View {
  constructor() {
    const kept = history.state && history.state.training ? history.state.training : {};
    this.step = kept.step ?? null; // null follows the latest moment
    this.reading = kept.reading ?? null;
    this.node = kept.node ?? null;
    this.log = kept.log ?? false;
    this.hidden = kept.hidden ?? {};
    this.scroll = kept.scroll ?? null;
  }

  keep() {
    this.scroll = window.scrollY;
    const { step, reading, node, log, hidden, scroll } = this;
    try {
      history.replaceState({ ...history.state, training: { step, reading, node, log, hidden, scroll } }, "");
    } catch {
      // Too often in a short time for this browser; the next change is kept.
    }
  }
}
