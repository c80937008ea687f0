// Makes the drawings of a page readable value by value. The page is complete without it: what is
// heavy (the plot) is only loaded when somebody points at a chart or focuses it.

import { tellHeight } from "./height.js";

const figures = "figure[data-series]";

function prepare(figure) {
  if (figure.querySelector(".readout")) return;
  const readout = document.createElement("p");
  readout.className = "readout small muted no-print";
  readout.setAttribute("aria-live", "polite");
  readout.textContent = figure.dataset.hint;
  const caption = figure.querySelector("figcaption");
  figure.insertBefore(readout, caption);
  figure.tabIndex = 0;
  figure.setAttribute("role", "group");
  figure.setAttribute("aria-label", figure.querySelector("svg title")?.textContent ?? "");

  let loading;
  const start = () => {
    loading ??= import("./plot.js")
      .then((plot) => plot.mount(figure, readout))
      .catch((error) => {
        // The drawing of the server stays; the next touch tries again.
        loading = undefined;
        console.error("The chart could not be made interactive.", error);
      });
    return loading;
  };
  figure.addEventListener("pointerenter", start, { once: true });
  figure.addEventListener("pointerdown", start, { once: true });
  figure.addEventListener("focus", start, { once: true });
  figure.addEventListener("keydown", async (event) => {
    if (!["ArrowLeft", "ArrowRight", "Home", "End", "Escape", "+", "-"].includes(event.key)) return;
    event.preventDefault();
    (await start())?.press(event.key, event.shiftKey);
  });
}

function prepareAll() {
  document.querySelectorAll(figures).forEach(prepare);
}

tellHeight();
prepareAll();
// Drawings that a newer page has brought (live.js).
document.addEventListener("suedwest:refreshed", prepareAll);
