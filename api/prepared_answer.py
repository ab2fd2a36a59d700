"""The answer for a list that was prepared: the same bytes as `AdviceOut` of the list, put together without parsing it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from fastapi import Request

from api.deps import AdviceReader, filled_in
from api.schemas.advice_schemas import AdviceOut
from api.schemas.course_schemas import CourseOut
from recommender.prepared.prepared_list import PreparedList
from recommender.types import Advice

_COURSES: WeakKeyDictionary[AdviceReader, dict[str, bytes]] = WeakKeyDictionary()
EMPTY = b"[]}"


def prepared_answer(request: Request, service: AdviceReader, advice: Advice, kept: PreparedList, top: int) -> bytes:
    """JSON of the whole answer. advice: without its places."""
    frame = filled_in(request, AdviceOut.of(advice)).model_dump_json().encode()
    assert frame.endswith(EMPTY)  # the places are the last key
    courses = _COURSES.setdefault(service, {})
    places = []
    for course_id, place in zip(kept.course_ids[:top], kept.places[:top], strict=True):
        if course_id not in courses:
            courses[course_id] = CourseOut.model_validate(service.course(course_id)).model_dump_json().encode()
        places.append(place[:-1] + b',"course":' + courses[course_id] + b"}")
    return frame.removesuffix(EMPTY) + b"[" + b",".join(places) + b"]}"
