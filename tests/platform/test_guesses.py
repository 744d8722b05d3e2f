"""Guessing at a secret is slowed down, and never for whoever has it."""

from dataclasses import dataclass

from thingdesk.platform.guesses import Guesses, Shown

SECRET = "a secret of the broker"
RIGHT, WRONG = f"Bearer {SECRET}", "Bearer a guess at the secret"
HERE, THERE = "192.0.2.7", "203.0.113.9"


@dataclass
class Time:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def guessed(guesses: Guesses, address: str) -> int:
    """How many wrong ones are looked at until none is any more."""
    for n in range(100):
        if guesses.look(WRONG, address).shown is Shown.UNSEEN:
            return n
    raise AssertionError("all were looked at")


def test_of_each_sender_few_are_looked_at_not_even_the_right_one() -> None:
    guesses = Guesses(SECRET, Time())
    assert guessed(guesses, THERE) == 10
    unseen = guesses.look(RIGHT, THERE)
    assert (unseen.shown, unseen.wait) == (Shown.UNSEEN, 6)
    assert "in 6 s" in unseen.words
    assert guesses.look(RIGHT, HERE).shown is Shown.RIGHT


def test_they_come_back_evenly() -> None:
    time = Time()
    guesses = Guesses(SECRET, time)
    guessed(guesses, THERE)
    time.now += 6
    assert guesses.look(WRONG, THERE).shown is Shown.WRONG
    assert guesses.look(WRONG, THERE).shown is Shown.UNSEEN


def test_who_has_it_is_heard_whatever_others_guess_from_behind_the_same_address() -> None:
    time = Time()
    guesses = Guesses(SECRET, time)
    assert guesses.look(RIGHT, HERE).shown is Shown.RIGHT
    for _ in range(1000):
        assert guesses.look(WRONG, HERE).shown is Shown.WRONG
        time.now += 3
        assert guesses.look(RIGHT, HERE).shown is Shown.RIGHT
    time.now += 3600
    assert guessed(guesses, HERE) == 10


def test_a_network_of_ipv6_is_one_sender() -> None:
    guesses = Guesses(SECRET, Time())
    for n in range(10):
        assert guesses.look(WRONG, f"2001:db8::{n}").shown is Shown.WRONG
    assert guesses.look(WRONG, "2001:db8::ffff").shown is Shown.UNSEEN
    assert guesses.look(WRONG, "2001:db8:0:1::1").shown is Shown.WRONG


def test_nothing_is_no_guess() -> None:
    guesses = Guesses(SECRET, Time())
    assert {guesses.look("", THERE).shown for _ in range(100)} == {Shown.NONE}
    assert guesses.look(RIGHT, THERE).shown is Shown.RIGHT
