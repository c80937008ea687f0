// Changes the order of a dataset's resources by two buttons each; every step is saved at once.

const list = document.querySelector("[data-order-of]");
const told = document.querySelector("[data-order-saved]");
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

async function save() {
  const answer = await fetch(new URL("/api/3/action/package_resource_reorder", meta("site-root")), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": meta(meta("csrf_field_name")) },
    body: JSON.stringify({
      id: list.dataset.orderOf,
      order: [...list.children].map((item) => item.dataset.id),
    }),
  }).catch(() => ({ ok: false }));
  told.textContent = answer.ok ? told.dataset.orderSaved : told.dataset.orderFailed;
}

list?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-order]");
  const item = button?.closest("li");
  const up = button?.dataset.order === "up";
  const other = up ? item?.previousElementSibling : item?.nextElementSibling;
  if (!other) return;
  if (up) other.before(item);
  else other.after(item);
  button.focus();
  save();
});
