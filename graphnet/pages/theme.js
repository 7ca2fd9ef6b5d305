// Light or dark, as the reader's system has it, until the button chooses otherwise.
"use strict";

(() => {
  const root = document.documentElement;
  const button = document.querySelector("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("graphnet-theme");
  } catch {
    // a page that may keep nothing
  }
  const show = () => {
    root.dataset.theme = chosen ?? (system.matches ? "dark" : "light");
    button.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Show the page in ${button.textContent.toLowerCase()} colours`);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("graphnet-theme", chosen);
    } catch {
      // it holds until the page is closed
    }
    show();
  });
  system.addEventListener("change", show);
  show();
})();
