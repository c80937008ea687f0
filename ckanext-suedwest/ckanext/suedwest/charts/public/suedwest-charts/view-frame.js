// The page of a resource makes a view as high as it is at first; here it stays so when parts of it
// are opened. Only that page, of the same site, has such a frame; elsewhere there is none to see.

let frame = null;
try {
  frame = window.frameElement;
} catch {
  // Framed by another site: its frame is not ours to change.
}

if (frame) {
  const fit = () => {
    const height = document.documentElement.getBoundingClientRect().height;
    frame.style.height = `${Math.ceil(height)}px`;
  };
  new ResizeObserver(fit).observe(document.documentElement);
}
