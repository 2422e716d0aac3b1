"""How long a run waits for whom: for who said goodbye a moment, for who vanished longer, for nobody who was never there."""

from __future__ import annotations

from webapp.labs.audience import Audience

PARTING, ABSENCE = 2.0, 15.0


def audience(*viewers: str) -> Audience:
    made = Audience(parting_seconds=PARTING, absence_seconds=ABSENCE)
    for viewer in viewers:
        made.come(viewer)
    return made


def test_a_run_that_nobody_ever_watched_is_left_alone() -> None:
    made = audience()
    made.part("stranger", 1)
    made.expect(1)
    assert made.until is None


def test_who_vanished_is_waited_for_longer_than_who_said_goodbye() -> None:
    vanished, parted = audience("a"), audience("a")
    vanished.go("a", 100)
    parted.part("a", 100)
    parted.go("a", 100)
    assert vanished.until == 100 + ABSENCE
    assert parted.until == 100 + PARTING


def test_a_goodbye_counts_after_the_end_of_the_stream_too() -> None:
    made = audience("a")
    made.go("a", 100)
    made.part("a", 100.5)
    assert made.until == 100.5 + PARTING


def test_a_late_goodbye_never_lengthens_the_wait() -> None:
    made = audience("a")
    made.part("a", 100)
    made.go("a", 100)
    made.part("a", 101)
    assert made.until == 100 + PARTING


def test_the_goodbye_of_one_is_not_taken_for_that_of_another() -> None:
    made = audience("vanished", "parted")
    made.go("vanished", 100)
    made.part("parted", 101)
    assert made.until is None
    made.go("parted", 101)
    assert made.until == 100 + ABSENCE


def test_who_comes_back_takes_the_goodbye_back() -> None:
    made = audience("a")
    made.part("a", 100)
    made.come("a")
    made.go("a", 101)
    assert made.until is None, "the other stream is still open"
    made.go("a", 102)
    assert made.until == 102 + ABSENCE


def test_a_page_that_is_on_its_way_is_waited_for() -> None:
    made = audience("a")
    made.part("a", 100)
    made.go("a", 100)
    made.expect(101)
    assert made.until == 101 + ABSENCE
