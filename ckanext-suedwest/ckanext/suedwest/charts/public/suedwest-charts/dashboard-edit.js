/*
Drag a tile by its handle; the order is sent with the form, as a button would send it.

Without this script, and for keyboards, there are the buttons “Up” and “Down”.
*/
const list = document.querySelector(".tiles");
const form = list?.closest("form");
const items = () => [...list.children];
let held = null;

function place(target, event) {
  const box = target.getBoundingClientRect();
  return event.clientY < box.top + box.height / 2 ? "before" : "after";
}

function clear() {
  for (const each of items()) each.classList.remove("before", "after");
}

function send(index) {
  form.elements.order.value = items().map((each) => each.dataset.index).join(",");
  form.elements.moved.value = index;
  const button = document.createElement("button");
  button.name = "do";
  button.value = "order";
  button.hidden = true;
  form.append(button);
  form.requestSubmit(button);
}

if (list && items().length > 1) {
  for (const item of items()) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      held = item;
      item.classList.add("held");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.querySelector("h3").textContent);
    });
    item.addEventListener("dragend", () => {
      item.classList.remove("held");
      held = null;
      clear();
    });
    item.addEventListener("dragover", (event) => {
      if (!held || held === item) return;
      event.preventDefault();
      clear();
      item.classList.add(place(item, event));
    });
    item.addEventListener("drop", (event) => {
      if (!held || held === item) return;
      event.preventDefault();
      item[place(item, event)](held);
      send(held.dataset.index);
    });
  }
}
