// A page that follows what is written to its own file: it reads the file anew in a hidden frame, which sends the data
// that it holds and does nothing else; so nothing flickers, and what the user has chosen stays. It works without a
// server. Where no frame answers, the page is loaded anew.
"use strict";

const FEED = "feed";
const SECONDS_UNTIL_RELOAD = 8;

/** Tell whether this page is one that was loaded in the hidden frame of another. */
function isFeed() {
  return window.parent !== window && new URLSearchParams(location.search).has(FEED);
}

/** Send text to the page around this one; a page of another site gets nothing. */
function feed(text) {
  window.parent.postMessage(text, location.protocol === "file:" ? "*" : location.origin);
}

/** Read the file of this page anew; call `take` with the text that it sends, or `fail` if there is no answer. */
function readAnew(take, fail) {
  const frame = element("iframe", { hidden: true, "aria-hidden": "true", tabindex: -1, title: "what is new" });
  const end = () => {
    removeEventListener("message", listen);
    clearTimeout(late);
    frame.remove();
  };
  const listen = (event) => {
    if (event.source !== frame.contentWindow || typeof event.data !== "string") return;
    const text = event.data;
    end();
    take(text);
  };
  const late = setTimeout(() => {
    end();
    fail();
  }, 1000 * SECONDS_UNTIL_RELOAD);
  addEventListener("message", listen);
  const address = new URL(location.href);
  address.hash = "";
  address.search = `?${FEED}=${Date.now()}`;
  frame.src = address.href;
  document.body.append(frame);
}
