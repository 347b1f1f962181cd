import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from densing.report.axes import place_labels


def canvas():
    ax = Figure(figsize=(5, 4)).subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def boxes(ax):
    ax.figure.draw_without_rendering()
    return [Text.get_window_extent(text) for text in ax.texts]  # words, not leader lines


def test_labels_of_a_crowd_do_not_overlap():
    ax = canvas()
    points = np.random.default_rng(0).uniform(0.3, 0.7, (30, 2))
    placed = place_labels(ax, points, [f"model {i}" for i in range(30)], obstacles=points)
    assert 5 < len(placed) <= 30
    found = boxes(ax)
    for i, one in enumerate(found):
        assert not any(one.overlaps(other) for other in found[:i])


def test_the_first_label_wins_and_what_has_no_place_is_left_out():
    ax = canvas()
    points = np.full((60, 2), 0.5)
    placed = place_labels(ax, points, [f"label {i}" for i in range(60)], obstacles=points)
    assert placed[0] == "label 0"
    assert len(placed) < 60


def test_labels_keep_clear_of_artists_and_of_the_frame():
    ax = canvas()
    note = ax.text(0.02, 0.98, "keep\nclear\nof this", va="top", fontsize=20)
    placed = place_labels(
        ax, np.array([[0.1, 0.9], [0.99, 0.5]]), ["under the note", "at the edge"],
        obstacles=np.empty((0, 2)), keep_clear=[note],
    )  # fmt: skip
    first, *others = boxes(ax)
    assert len(others) == len(placed)
    for box in others:
        assert not box.overlaps(first)
        assert box.x1 <= ax.get_window_extent().x1


def test_dollars_are_not_mathematics():
    ax = canvas()
    place_labels(ax, np.array([[0.5, 0.5]]), ["cost $5 or $6"], obstacles=np.empty((0, 2)))
    ax.figure.draw_without_rendering()
    assert ax.texts[0].get_text() == r"cost \$5 or \$6"
