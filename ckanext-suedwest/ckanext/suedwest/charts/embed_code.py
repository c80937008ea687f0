"""The HTML that editors of other sites copy to show something of this platform there."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from markupsafe import Markup

SMALLEST_HEIGHT, LARGEST_HEIGHT = 80, 4000

_FRAME = Markup(
    '<iframe src="{address}" title="{title}" width="{width}" height="{height}"'
    ' loading="lazy" style="border:0"></iframe>'
)
# Many messages reach a page, and anybody may send one. What counts is a number from the platform's
# own address, out of the one frame that stands before this script, within bounds.
_SCRIPT = """<script>
(function (frame) {
  addEventListener("message", function (event) {
    if (event.origin !== %(origin)s || event.source !== frame.contentWindow) return;
    var height = event.data && event.data.suedwestHeight;
    if (typeof height !== "number" || !(height >= %(smallest)d && height <= %(largest)d)) return;
    frame.style.height = Math.ceil(height) + "px";
  });
})(document.currentScript.previousElementSibling);
</script>"""


def iframe(address: str, title: str, *, height: int, width: int | str = "100%") -> str:
    """The frame alone, `height` pixels high; it asks nothing of the page it is put into."""
    return str(_FRAME.format(address=address, title=title, width=width, height=height))


def snippet(address: str, title: str, *, height: int) -> str:
    """The frame, and a script that fits its height to what it shows.

    Where the script does not run, the frame keeps `height` and scrolls. `address` is absolute.
    """
    parts = urlsplit(address)
    # JSON is JavaScript, but inside of HTML no < may end the script.
    origin = json.dumps(f"{parts.scheme}://{parts.netloc}").replace("<", "\\u003c")
    script = _SCRIPT % {"origin": origin, "smallest": SMALLEST_HEIGHT, "largest": LARGEST_HEIGHT}
    return f"{iframe(address, title, height=height)}\n{script}"
