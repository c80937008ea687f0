// Brings what the server has changed into a page that somebody reads right now: only nodes that
// differ are touched, so focus, open details, choices and scripts' own additions stay.

// Scripts add to these, or people fill them in: changed as a whole, and not while in use.
const WHOLE = "figure[data-series], form, [data-whole]";

/**
 * Change `live` by what differs between `served` (what the server sent before) and `fresh`.
 *
 * Returns what the page holds of the server's now; `fresh` is used up.
 */
export function applyChanges(live, served, fresh) {
  const focused = document.activeElement;
  const name = nameOf(focused);
  const opened = new Set([...live.querySelectorAll("details[open] > summary")].map(textOf));
  const now = fresh.cloneNode(true);
  change(live, served, fresh, now);
  for (const summary of live.querySelectorAll("details:not([open]) > summary")) {
    if (opened.has(textOf(summary))) summary.parentElement.open = true;
  }
  // What had the focus may stand elsewhere now, as a gauge that became more urgent.
  if (name && nameOf(document.activeElement) !== name) {
    [...live.querySelectorAll("a, button, summary, input")]
      .find((element) => nameOf(element) === name)
      ?.focus({ preventScroll: true });
  }
  return now;
}

function change(live, served, fresh, now) {
  if (served.isEqualNode(fresh)) return;
  if (live.nodeName !== fresh.nodeName || live.nodeName !== served.nodeName) {
    live.replaceWith(fresh);
  } else if (live.nodeType !== Node.ELEMENT_NODE) {
    live.data = fresh.data;
  } else if (live.matches(WHOLE)) {
    // Later, when it is no longer in use, it differs from what was served last.
    if (inUse(live)) now.replaceWith(served.cloneNode(true));
    else live.replaceWith(fresh);
  } else {
    changeAttributes(live, served, fresh);
    changeChildren(live, served, fresh, now);
  }
}

function changeAttributes(live, served, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (served.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  for (const { name } of served.attributes) {
    if (!fresh.hasAttribute(name)) live.removeAttribute(name);
  }
}

function changeChildren(live, served, fresh, now) {
  const lives = [...live.childNodes];
  const before = [...served.childNodes];
  const after = [...fresh.childNodes];
  const kept = [...now.childNodes];
  if (lives.length !== before.length) {
    live.replaceChildren(...after);
    return;
  }
  let start = 0;
  while (start < before.length && before[start].isEqualNode(after[start] ?? null)) start += 1;
  const most = Math.min(before.length, after.length) - start;
  const alike = (back) =>
    before[before.length - back].nodeName === after[after.length - back].nodeName;
  let end = 0;
  while (end < most && alike(end + 1)) end += 1;
  const anchor = lives[lives.length - end] ?? null;
  lives.slice(start, lives.length - end).forEach((node) => node.remove());
  after.slice(start, after.length - end).forEach((node) => live.insertBefore(node, anchor));
  for (let back = 1; back <= end; back += 1) {
    const at = (nodes) => nodes[nodes.length - back];
    change(at(lives), at(before), at(after), at(kept));
  }
}

function inUse(element) {
  if (element.matches(".interactive:hover, :focus-within")) return true;
  return [...element.querySelectorAll("input, select, textarea")].some((control) =>
    control.type === "checkbox" || control.type === "radio"
      ? control.checked !== control.defaultChecked
      : control.defaultValue !== undefined && control.value !== control.defaultValue,
  );
}

function nameOf(element) {
  if (!element || element === document.body) return "";
  return element.id || element.getAttribute("href") || element.getAttribute("value") || "";
}

function textOf(element) {
  return element.textContent.trim();
}
