"""Reading XML that others wrote: streamed record by record, never what an attack hides in it.

The parser is expat with every document type refused (so no entities, no external files, no
network), and with limits for depth, attributes, texts and the size of one record. Memory is
bounded by one record, whatever the length of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from ...domain.errors import PayloadRefused

LARGEST_PAYLOAD = 256 * 1024 * 1024
DEEPEST = 64
MOST_ATTRIBUTES = 64
LONGEST_ATTRIBUTE = 10_000
LONGEST_TEXT = 1_000_000
"""Characters of all texts of one record."""
MOST_ELEMENTS = 200_000
"""Elements of one record."""
_CHUNK = 16 * 1024
_MARKS_OF_MOJIBAKE = ("Ã", "Â", "â")


@dataclass(slots=True)
class Element:
    """One element; names and attributes are local names, for prefixes differ between senders.

    `parent` is, for a record and what lies around it, the element outside it: with its
    attributes and without its children. Elements within a record have none.
    """

    name: str
    namespace: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list["Element"])
    text: str = ""

    @property
    def type(self) -> str | None:
        """Local part of `xsi:type`."""
        written = self.attributes.get("type")
        return None if written is None else written.rpartition(":")[2]

    def every(self, name: str) -> list[Element]:
        """The children of this name, in order."""
        return [child for child in self.children if child.name == name]

    def first(self, *path: str) -> Element | None:
        """The first descendant along a path of names."""
        found: Element | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None)
            if found is None:
                return None
        return found

    def value(self, *path: str) -> str | None:
        """The text of the first descendant along a path; None when absent or blank."""
        found = self.first(*path)
        return None if found is None else found.text.strip() or None

    def descendants(self) -> Iterator[Element]:
        """This element and all in it, in document order."""
        waiting: list[Element] = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


class _Builder:
    """Builds the outermost elements whose names are wanted; everything else leaves no trace."""

    def __init__(self, names: frozenset[str]) -> None:
        self.done: list[Element] = []
        self.seen_root = False
        self._names = names
        self._open: list[Element] = []
        self._record_depth: int | None = None
        self._texts: list[list[str]] = []
        self._length = 0
        self._elements = 0

    def doctype(self, *_: object) -> None:
        raise PayloadRefused("the XML has a document type (DTD), which is refused")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.seen_root = True
        if len(self._open) >= DEEPEST:
            raise PayloadRefused(f"the XML is nested deeper than {DEEPEST} elements")
        if len(attributes) > MOST_ATTRIBUTES:
            raise PayloadRefused(f"an element has more than {MOST_ATTRIBUTES} attributes")
        if any(len(value) > LONGEST_ATTRIBUTE for value in attributes.values()):
            raise PayloadRefused(f"an attribute is longer than {LONGEST_ATTRIBUTE:,} characters")
        namespace, _, local = name.rpartition(" ")
        parent = self._open[-1] if self._open else None
        local_attributes = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        within = self._record_depth is not None
        # A child that knew its parent would be a cycle, and wait for the collector in vain.
        element = Element(local, namespace, local_attributes, None if within else parent)
        if within and parent is not None:
            parent.children.append(element)
        elif local in self._names or "*" in self._names:
            self._record_depth, self._length, self._elements = len(self._open), 0, 0
        self._elements += 1
        if self._record_depth is not None and self._elements > MOST_ELEMENTS:
            raise PayloadRefused(f"a record has more than {MOST_ELEMENTS:,} elements")
        self._open.append(element)
        self._texts.append([])

    def text(self, text: str) -> None:
        if self._record_depth is None:
            return
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise PayloadRefused(f"a record has more than {LONGEST_TEXT:,} characters of text")
        self._texts[-1].append(text)

    def end(self, _: str) -> None:
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        if self._record_depth == len(self._open):
            self._record_depth = None
            self.done.append(element)


def records(payload: bytes, names: frozenset[str]) -> Iterator[Element]:
    """The outermost elements of these local names, each as soon as it is complete.

    Records before a fault were already given when it is raised, so that whoever must not use
    half a document collects them first. The encoding is the declared one; without a declaration
    UTF-8 or UTF-16 by its mark.

    Raises:
        PayloadRefused: empty, no XML or cut off (with its line), a document type, an unknown
            encoding, or beyond the limits of this module.
    """
    if not payload.strip():
        raise PayloadRefused("the reply is empty")
    if len(payload) > LARGEST_PAYLOAD:
        raise PayloadRefused(f"the XML has more than {LARGEST_PAYLOAD:,} bytes")
    builder = _Builder(names)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    view = memoryview(payload)
    for start in range(0, len(payload) + _CHUNK, _CHUNK):
        try:
            parser.Parse(bytes(view[start : start + _CHUNK]), start >= len(payload))
        except expat.ExpatError as error:
            raise PayloadRefused(f"the reply is not valid XML: {error}") from None
        except (LookupError, ValueError) as error:
            raise PayloadRefused(f"the encoding of the XML cannot be read: {error}") from None
        yield from builder.done
        builder.done.clear()


def parse(payload: bytes) -> Element:
    """The root of a small document, as `records`.

    Raises:
        PayloadRefused: as `records`; the whole document counts as one record.
    """
    found = list(records(payload, frozenset({"*"})))
    return found[0]


def mended(text: str) -> str:
    """A text whose UTF-8 was once read as ISO-8859-1 or Windows-1252, as it was meant.

    `MÃ¼nchen` becomes München. A text that is not twice encoded throughout stays as it is:
    real words hardly ever form valid UTF-8 that way.
    """
    if not any(mark in text for mark in _MARKS_OF_MOJIBAKE):
        return text
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text
