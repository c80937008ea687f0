// Fetches the page anew now and then (<main data-refresh=seconds>) and puts in what changed.

export function refreshPage(afterwards) {
  const main = document.querySelector("main[data-refresh]");
  if (!main) return;
  const every = Number(main.dataset.refresh) * 1000;
  let shown;

  async function refresh() {
    // Nobody looks, or somebody reads values right now: then the page stays as it is.
    if (document.hidden || main.querySelector(".interactive")) return;
    const answer = await fetch(location.href, { credentials: "omit" });
    if (!answer.ok) return;
    const tag = answer.headers.get("ETag");
    if (tag && tag === shown) return;
    shown = tag;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main[data-refresh]");
    if (!fresh) return;
    main.replaceChildren(...fresh.childNodes);
    afterwards();
  }

  const tryToRefresh = () =>
    refresh().catch((error) => console.warn("The page could not be refreshed.", error));
  setInterval(tryToRefresh, every);
  document.addEventListener("visibilitychange", tryToRefresh);
}
