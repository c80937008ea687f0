// Tells the page around an embed how high it is. It is told to whoever frames the page, and that is
// decided by frame-ancestors; a height is no secret, and nothing is taken from the parent.

export function tellHeight() {
  const main = document.querySelector("main.embed");
  if (!main || window.parent === window) return;
  document.documentElement.classList.add("framed");
  let told;
  const tell = () => {
    const height = Math.ceil(main.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ suedwestHeight: height }, "*");
  };
  new ResizeObserver(tell).observe(main);
  tell();
}
