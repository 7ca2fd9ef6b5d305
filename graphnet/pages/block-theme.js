// Light or dark for a block within another page: as the page around it, until its button chooses otherwise.
"use strict";

function followTheme(root, button) {
  const page = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const around = () => {
    if (["dark", "light"].includes(page.dataset.theme)) return page.dataset.theme; // as a page of ours tells
    if (document.body.dataset.jpThemeLight) return document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
    return system.matches ? "dark" : "light";
  };
  const show = () => {
    root.dataset.theme = chosen ?? around();
    button.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
  };
  button.hidden = Boolean(document.querySelector(".head > #theme")); // a page of ours has one
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  for (const place of [page, document.body]) new MutationObserver(show).observe(place, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
  show();
}
