// A page that was kept as a file may be read long after it was made: says so as soon as the first
// of its values is no longer live (data-live-until), or the page itself is old.

const german = document.documentElement.lang.startsWith("de");
const OLD_AFTER = 60 * 60 * 1000;

function say() {
  for (const line of document.querySelectorAll("p.kept[data-made]")) {
    const until = Date.parse(line.dataset.liveUntil ?? "");
    const end = Number.isNaN(until) ? Date.parse(line.dataset.made) + OLD_AFTER : until;
    const old = Date.now() >= end;
    const status = line.querySelector("[role=status]");
    const words = old
      ? german
        ? "Werte auf dieser Seite sind nicht mehr aktuell."
        : "Values on this page are no longer current."
      : "";
    if (status.textContent !== words) status.textContent = words;
    document.documentElement.classList.toggle("kept-is-old", old);
  }
}

say();
setInterval(say, 20000);
document.addEventListener("visibilitychange", say);
