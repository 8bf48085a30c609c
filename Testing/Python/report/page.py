"""Read a report's page for tests: its elements, whether they nest, and the text that is seen."""

from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr", "base"}


class Page(HTMLParser):
    """A parsed page: ``elements`` are (tag, attributes) in order, ``text`` all text outside ``style``."""

    def __init__(self, html: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html.decode("utf-8"))
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data

    def every(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of this tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """What the page is built of, without its content."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]
