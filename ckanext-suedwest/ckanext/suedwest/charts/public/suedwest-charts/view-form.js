// Shows the chart while somebody sets it up. Without this script the form's own button does.

const settings = document.querySelector("[data-chart-preview]");
const form = settings?.closest("form");

function chosen() {
  const view = { view_type: "suedwest_chart" };
  for (const name of settings.dataset.chartFields.split(" ")) {
    const value = form.elements.namedItem(name)?.value;
    if (value) view[name] = value;
  }
  return view;
}

function address() {
  const asked = new URLSearchParams({ resource_view: JSON.stringify(chosen()) });
  return `${settings.dataset.chartPreview}?${asked}`;
}

// What a choice leaves without meaning is put away, never what holds a value or an error.
function putAway() {
  const value = (name) => form.elements.namedItem(name)?.value ?? "";
  const away = {
    bars: value("kind") !== "bar",
    per: value("kind") !== "bar",
    compare: !["line", "step", "band"].includes(value("kind")) && !value("compare"),
    compare_from: value("compare") !== "past" && !value("compare_from"),
  };
  for (const number of [2, 3, 4]) {
    // A further series is asked for when the one before it is chosen.
    const before = number === 2 || value(`value${number - 1}`);
    away[`value${number}`] = !before && !value(`value${number}`);
    away[`unit${number}`] = !value(`value${number}`) && !value(`unit${number}`);
    away[`other${number}`] = !value(`other${number - 1}`) && !value(`other${number}`);
  }
  for (const [name, hidden] of Object.entries(away)) {
    const group = form.elements.namedItem(name)?.closest(".form-group");
    if (group) group.hidden = hidden && !group.classList.contains("error");
  }
}

function makePreview() {
  const section = document.createElement("section");
  section.className = "chart-preview";
  const heading = document.createElement("h2");
  heading.textContent = settings.dataset.chartTitle;
  const frame = document.createElement("iframe");
  frame.title = settings.dataset.chartTitle;
  section.append(heading, frame);
  settings.before(section);
  return frame;
}

if (form) {
  // The preview that came with the page shows what was sent, this one what is chosen now.
  document.querySelector(".view-preview-container")?.remove();
  const frame = makePreview();
  let waiting;
  const show = () => {
    putAway();
    // Replaced, so that the way back leads out of the form and not through all its previews.
    frame.contentWindow.location.replace(address());
  };
  settings.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });
  show();
}
