# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds that the collection computes, against the fires of the real Quartz, for generated cron expressions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import Rounds
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from lab.jars import build
from unit.connectors.stripe_reporting.cases import NOW

SEED = 2032
EXPRESSIONS = 800
FIRES = 8
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# What Quartz takes and the collection refuses: the reason that it gives.
NOT_SUPPORTED = re.compile(
    r"in the day of (month|week) is not supported|Quartz ignores the step|'0' is not a step|is not in 1970 to 2099"
)

Draw = random.Random
Part = Callable[[Draw], str]


def part(draw: Draw, first: int, last: int, names: list[str] | None = None) -> str:
    """One part of a list; a range may be of one value, and may wrap."""

    def value() -> int:
        return draw.randint(first, last)

    a, b = value(), value()
    step = draw.choice([1, 2, 3, 5, 7, draw.randint(1, last - first), draw.randint(1, last - first + 5)])
    forms = ["*", "*", f"{a}", f"{a}", f"{a}-{b}", f"{a}-{b}", f"{a}-{a}", f"{a}/{step}", f"{a}-{b}/{step}"]
    forms += [f"{a}-{a}/{step}", f"*/{step}", f"/{step}", f"{last}-{first}", f"{b:02}-{a:02}"]
    if names:
        one, other = draw.choice(names), draw.choice(names)
        forms += [one, one.lower(), f"{one}-{other}", f"{one}-{one}", f"{one}-{other}"]
    if draw.random() < 0.04:
        forms = ["?", f"{last + 1}", f"{a}-", f"{a}/0", f"*/{last + 1}", "x", f"{a}/"]
        forms += [f"{names[0]}/2", f"{names[0]}-{b}", f"{a}-{names[-1]}"] if names else []
    return draw.choice(forms)


def field(draw: Draw, of: Part) -> str:
    return ",".join(of(draw) for _number in range(draw.choice([1, 1, 1, 2, 3])))


def day_of_month(draw: Draw) -> str:
    if draw.random() < 0.2:
        return draw.choice(["L", "L", "L", "LW", "L-3", "15W", "L,3"])
    return field(draw, partial(part, first=1, last=31))


def day_of_week(draw: Draw) -> str:
    day = draw.choice([*WEEKDAYS, *map(str, range(1, 8))])
    if draw.random() < 0.35:
        nth = f"{day}#{draw.randint(1, 5)}"
        return draw.choice(["L", f"{day}L", f"{day}L", nth, nth, nth, f"{day}#6", f"{nth},3", f"3,{day}L"])
    return field(draw, partial(part, first=1, last=7, names=WEEKDAYS))


def year(draw: Draw) -> str:
    if draw.random() < 0.1:
        return draw.choice(["1969", "2098-2101", "2030-2027", "2026-2036/4", "2027,2029"])
    return field(draw, partial(part, first=2024, last=2034))


def expression(draw: Draw) -> str:
    seconds = draw.choice(["0", "0", field(draw, partial(part, first=0, last=59))])
    minutes = draw.choice(["0", field(draw, partial(part, first=0, last=59))])
    hours = field(draw, partial(part, first=0, last=23))
    months = draw.choice(["*", field(draw, partial(part, first=1, last=12, names=MONTHS))])
    days = draw.choice([("*", "?"), (day_of_month(draw), "?"), ("?", day_of_week(draw)), ("?", day_of_week(draw))])
    if draw.random() < 0.04:
        days = draw.choice([("*", "*"), ("*", "MON"), ("?", "?"), ("1", "2")])
    fields = [seconds, minutes, hours, days[0], months, days[1]]
    return " ".join([*fields, year(draw)] if draw.random() < 0.25 else fields)


@pytest.fixture(scope="module")
def quartz() -> Mapping[str, tuple[int, ...] | None]:
    """The generated expressions with Quartz's fires after NOW; None for one that it refuses."""
    draw = random.Random(SEED)
    expressions = list(dict.fromkeys(expression(draw) for _number in range(EXPRESSIONS)))
    return dict(zip(expressions, build().quartz_fires(expressions, NOW, FIRES), strict=True))


def read(text: str) -> Rounds | str:
    """The rounds, or why the collection refuses the expression."""
    try:
        return Rounds(text)
    except InputError as error:
        return error.message


def fires_after(rounds: Rounds, moment: int, count: int) -> list[int]:
    """As many as there are, up to ``count``."""
    fires: list[int] = []
    try:
        for _number in range(count):
            moment = rounds.next(moment)
            fires.append(moment)
    except InputError:
        # Quartz must not have any more, either.
        pass
    return fires


def test_the_fires_are_those_of_quartz(quartz: Mapping[str, tuple[int, ...] | None]) -> None:
    compared = {text: fires for text, fires in quartz.items() if fires is not None and isinstance(read(text), Rounds)}
    assert len(compared) > 500
    found = {text: tuple(fires_after(Rounds(text), NOW, FIRES)) for text in compared}
    different = {text: (fires, found[text]) for text, fires in compared.items() if found[text] != fires}
    assert not different, f"{len(different)} of {len(compared)} with the seed {SEED}"


def test_the_last_fire_is_the_one_of_quartz(quartz: Mapping[str, tuple[int, ...] | None]) -> None:
    different = {}
    for text, fires in quartz.items():
        rounds = read(text)
        if not fires or isinstance(rounds, str):
            continue
        # At a fire and half a second after it, and in the middle between two of them.
        moments = [*fires[1:], *(fire + 0.5 for fire in fires), *((a + b) / 2 for a, b in pairwise(fires))]
        for moment in moments:
            expected = max(fire for fire in fires if fire < moment)
            if rounds.last(moment) != expected:
                different[text] = moment, expected, rounds.last(moment)
    assert not different, f"{len(different)} with the seed {SEED}"


def test_what_quartz_refuses_is_refused(quartz: Mapping[str, tuple[int, ...] | None]) -> None:
    refused = [text for text, fires in quartz.items() if fires is None]
    assert len(refused) > 50
    assert [text for text in refused if isinstance(read(text), Rounds)] == []


def test_what_quartz_takes_is_refused_only_where_it_is_not_supported(
    quartz: Mapping[str, tuple[int, ...] | None],
) -> None:
    taken = {text: read(text) for text, fires in quartz.items() if fires is not None}
    reasons = {text: why for text, why in taken.items() if isinstance(why, str)}
    assert len(reasons) > 20
    assert {text: why for text, why in reasons.items() if not NOT_SUPPORTED.search(why)} == {}
