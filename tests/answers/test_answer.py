"""The frame of the answers: records, what they say, and the command that is made of a question."""

import json
import math
from io import StringIO
from typing import Annotated

import pytest
from pydantic import ValidationError
from rich.console import Console

from densing.answers._answer import Answer, Cells, FromShell, Growth, Line, Plain
from densing.cli.command import Output, command
from densing.files import to_json
from densing.results.interval import growth


class Toy(Answer):
    """A number, and its double."""

    number: float
    rows: list[str] = []  # noqa: RUF012

    def parts(self, width=0):
        del width
        yield Line("twice [bold] that", "bold red")
        yield Line(f"{2 * self.number:g}", below=True)
        yield Cells(("name", "x"), [(row, "1") for row in self.rows], bad=[0])


def toy(number: Annotated[float, FromShell(str, "answers.test_answer:halved")], *names: str) -> Toy:
    """Double a number.

    It is given twice as large in the shell.

    Parameters
    ----------
    number
        A number.
    names
        Rows.
    """
    return Toy(number=number, rows=list(names))


def halved(text):
    return float(text) / 2


def test_fields_are_attributes_and_keys_and_frozen():
    told = Toy(number=1.5)
    assert told.number == told["number"] == dict(told)["number"] == 1.5
    assert ("number" in told, "other" in told, told.get("other", 3)) == (True, False, 3)
    assert told | {"more": 1} == {"number": 1.5, "rows": [], "more": 1}
    with pytest.raises(KeyError):
        told["parts"]
    with pytest.raises(ValidationError):
        told.number = 2.0


def test_what_is_read_is_said_alike_and_brackets_are_no_markup():
    told = Toy(number=1.5, rows=["<a>[red]"])
    assert told.sentences() == ["twice [bold] that", "3"]
    assert repr(told).splitlines()[:2] == ["twice [bold] that", "  3"]
    assert "<a>[red]" in str(told)
    page = told._repr_html_()
    assert "&lt;a&gt;[red]" in page
    assert page.count("color:#b3261e") == 2


def test_a_record_of_numbers_that_json_lacks():
    assert json.loads(to_json(Toy(number=math.inf))) == {"number": None, "rows": []}
    assert json.loads(to_json(Plain.from_record({"trustworthy": True}).as_json())) == {
        "trustworthy": True
    }


def test_growth_from_its_record_and_back():
    record = growth([-0.1, 0.5, 1.0])
    told = Growth(**record)
    assert json.loads(to_json(told)) == json.loads(to_json(record))
    assert told.row()["upper"] == math.inf
    assert "not bounded above" in told.sentence("It")


def test_a_question_is_a_command(capsys):
    run = command(toy)
    assert run.__doc__ == toy.__doc__
    assert run("3", "a", output=Output(json=True)) == 0
    assert json.loads(capsys.readouterr().out) == {"number": 1.5, "rows": ["a"]}


def test_a_table_on_eighty_columns():
    out = StringIO()
    Toy(number=1.0, rows=["long " * 30]).show(Console(file=out, width=80))
    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert "…" not in out.getvalue()
