// The copy buttons. Without this script they stay hidden, and the text is marked by hand.
"use strict";

for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    // The clipboard is only offered to pages that came over HTTPS or from this machine.
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value);
    } else if (!document.execCommand("copy")) {
      return;
    }
    button.textContent = button.dataset.done;
  });
}
