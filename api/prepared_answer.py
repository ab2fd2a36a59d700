"""The answer for a list that was prepared: the same bytes as `AdviceOut` of the list, put together without parsing it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from weakref import WeakKeyDictionary

from pydantic_core import to_json

from api.deps import AdviceReader
from api.schemas.advice_schemas import AdviceOut
from api.schemas.course_schemas import CourseOut
from api.schemas.wire import dated
from recommender.data_age import DataAge
from recommender.prepared.prepared_list import PreparedList
from recommender.types import Advice

EMPTY = b"[]}"
MOST_FRAMES = 100  # a day has about three
SOMEBODY = "the-teacher-of-this-frame"


class _Parts:
    """What many answers of one loaded advice share, as JSON: courses by id, and what is around the places of a list."""

    def __init__(self) -> None:
        self._courses: dict[str, bytes] = {}
        self._frames: dict[Hashable, tuple[bytes, bytes]] = {}

    def course(self, service: AdviceReader, course_id: str) -> bytes:
        """One course."""
        course = self._courses.get(course_id)
        if course is None:
            course = CourseOut.model_validate(service.course(course_id)).model_dump_json().encode()
            self._courses[course_id] = course
        return course

    def frame(self, service: AdviceReader, age: DataAge, advice: Advice) -> bytes:
        """The answer up to its places. advice: of one teacher; another one's differs in nothing else than what is in the key."""
        key = (advice.status, advice.open_on, advice.closed, age)
        around = self._frames.get(key)
        if around is None:
            whole = dated(AdviceOut.of(replace(advice, unit_id=SOMEBODY)), service.version, age).model_dump_json().encode()
            assert whole.endswith(EMPTY)  # the places are the last key
            before, _, after = whole.removesuffix(EMPTY).partition(to_json(SOMEBODY))
            around = before, after
            if len(self._frames) >= MOST_FRAMES:
                self._frames.clear()
            self._frames[key] = around
        return around[0] + to_json(advice.unit_id) + around[1]


_PARTS: WeakKeyDictionary[AdviceReader, _Parts] = WeakKeyDictionary()


def without_places(advice: Advice) -> tuple[Advice, PreparedList]:
    """A computed list in the form of a prepared one."""
    kept = PreparedList.of(advice.unit_id, advice.recommendations, not advice.closed, True)
    return replace(advice, recommendations=()), kept


def prepared_answer(service: AdviceReader, age: DataAge, advice: Advice, kept: PreparedList, top: int) -> bytes:
    """JSON of the whole answer. advice: without its places."""
    parts = _PARTS.get(service)
    if parts is None:
        parts = _PARTS.setdefault(service, _Parts())
    frame = parts.frame(service, age, advice)
    places = [
        place[:-1] + b',"course":' + parts.course(service, course_id) + b"}"
        for course_id, place in zip(kept.course_ids[:top], kept.places[:top], strict=True)
    ]
    return frame + b"[" + b",".join(places) + b"]}"
