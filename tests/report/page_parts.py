"""What tests of pages share: a page's tags, and a multiverse to show on it."""

from html.parser import HTMLParser

from densing.sensitivity.summary import summarise
from sensitivity.test_answers import AXES, universe

MODEL = {"name": "mine", "about": "words", "choices": {"tokens": 5e12}, "priors": {}}
AROUND = {"model": MODEL, "evidence_hash": "abc", "settings": {}, "seed": 1}
DOUBTFUL = universe("1T", "without E", months=20.0, verdict="not trustworthy")


def answer(*universes, around=AROUND):
    return summarise({"universes": universes, "skipped": [], "around": around}, AXES)


VOID = {"meta", "img", "source", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags that are balanced, images, scripts and references of a page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.scripts, self.references = [], [], [], []
        self.styles, self.links = "", 0
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(attrs)
        if tag == "script":
            self.scripts.append("")
        self.links += tag == "link"
        self.references += [attrs[key] for key in ("src", "srcset") if key in attrs]

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self.open[-1:] == ["style"]:
            self.styles += data

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
