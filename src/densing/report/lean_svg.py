"""The same drawing in fewer bytes: an SVG for inside a page, not for an editor.

Matplotlib names every group, repeats each glyph's full name and writes absolute coordinates. A
page needs none of that: half of the bytes go, and every pixel stays.
"""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

UNITS = 100
"""Coordinates are kept to one over this many points."""
PLACED = re.compile(r"translate\((\S+)[ ,]+(\S+)\)")
TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
REFERRED = re.compile(r"#([^)\s'\"]+)")
PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3}


def lean(svg: str) -> str:
    """Return the drawing without what only an editor reads.

    Names that nothing refers to go and the others get short; groups that say nothing are
    dissolved; definitions and repeated styles stand once, at the front; paths are relative.
    `href` has no prefix, as all browsers read it since 2019.
    """
    root = ET.fromstring(svg)
    definitions = ET.Element("defs")
    short = _short_names(root)
    for element in root.iter():
        _tidy(element, short)
    kept = list(_contents(root, definitions))
    root[:] = [definitions, *kept]
    _share_styles(root, definitions)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ET.tostring(root, encoding="unicode")


def _short_names(root: ET.Element) -> dict[str, str]:
    """Give each name that is referred to one or two letters, the most frequent first."""
    counts = Counter(
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        if key.endswith("href") or "url(" in value
        for name in REFERRED.findall(value)
    )
    return {name: _letters(i) for i, (name, _) in enumerate(counts.most_common())}


def _letters(number: int) -> str:
    """Return a, ..., z, aa, ab, ...: as a spreadsheet counts its columns."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _tidy(element: ET.Element, short: dict[str, str]) -> None:
    """Shorten what one element says, in place."""
    element.tag = element.tag.rpartition("}")[2]
    said = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    if "id" in said and (name := short.get(said.pop("id"))):
        said["id"] = name
    for key, value in said.items():
        if (key == "href" and value.startswith("#")) or "url(" in value:
            said[key] = REFERRED.sub(lambda found: f"#{short[found[1]]}", value)
    if "style" in said:
        said["style"] = re.sub(r"\s*([:;])\s*", r"\1", said["style"])
    if "d" in said:
        said["d"] = relative(said["d"])
    placed = PLACED.fullmatch(said.get("transform", ""))
    if element.tag == "use" and placed and not {"x", "y"} & set(said):
        del said["transform"]
        said |= {"x": placed[1], "y": placed[2]}
    if element.tag == "use":
        said = {k: v for k, v in said.items() if k not in ("x", "y") or float(v) != 0.0}
    element.attrib.clear()
    element.attrib.update(said)
    if not (element.text or "").strip():
        element.text = None
    if not (element.tail or "").strip():
        element.tail = None


def _share_styles(root: ET.Element, definitions: ET.Element) -> None:
    """Write each style that occurs again and again once, as a class."""
    counts = Counter(element.get("style") for element in root.iter())
    del counts[None]
    often = {style: _letters(i) for i, (style, n) in enumerate(counts.most_common()) if n > 2}
    for element in root.iter():
        if element.get("style") in often:
            element.set("class", often[element.attrib.pop("style")])
    sheet = ET.SubElement(definitions, "style")
    sheet.text = "".join(f".{name}{{{style}}}" for style, name in often.items())


def _contents(parent: ET.Element, definitions: ET.Element) -> Iterator[ET.Element]:
    """Children to keep, in order; definitions are moved, groups without a word dissolved."""
    for child in parent:
        if child.tag == "defs":
            definitions.extend(child)
            continue
        inside = list(_contents(child, definitions))
        if child.tag == "g" and not child.attrib:
            yield from inside
        elif inside or child.tag != "g":
            child[:] = inside
            yield child


def relative(path: str) -> str:
    """Path of M, L, Q, C and Z in relative coordinates; any other path as it was.

    Coordinates are rounded before they are subtracted: errors do not add up along a line.
    """
    tokens = TOKEN.findall(path)
    out, letter, drawn, i = "", "", "", 0
    at = start = (0, 0)
    while i < len(tokens):
        if tokens[i].isalpha():
            letter, i = tokens[i], i + 1
        if letter in ("z", "Z"):
            out, at, letter, drawn = out + "z", start, "", ""
            continue
        count = 2 * PAIRS.get(letter, 0)
        values = [round(UNITS * float(v)) for v in tokens[i : i + count]]
        if not count or len(values) < count:
            return path
        i += count
        points = list(zip(values[::2], values[1::2], strict=True))
        text = "".join(_number(v) for x, y in points for v in (x - at[0], y - at[1]))
        at = points[-1]
        if letter == drawn and letter != "M":
            out += text
        else:
            out += letter.lower() + text.removeprefix(",")
        drawn = letter
        if letter == "M":  # what follows without a letter are lines
            start, letter, drawn = at, "L", "L"
    return out


def _number(value: int) -> str:
    """So many hundredths of a point, with what parts it from the number before."""
    text = f"{value / UNITS:.10g}"
    if abs(value) < UNITS:
        text = text.replace("0.", ".")
    return text if value < 0 else "," + text
