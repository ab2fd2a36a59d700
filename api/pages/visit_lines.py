"""The lines on proposed visits on the pages of a district and of a school: where, how many, worth what, from what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.deps import AdviceReader
from api.pages.page_words import Words
from features.disclosure import OTHERS
from recommender.visits.proposed_visits import ProposedVisits
from recommender.visits.visit_plan import VisitPlan
from recommender.visits.visit_sentences import proposal_sentences, worth_sentences


@dataclass(frozen=True)
class SchoolLine:
    """A school (its page where it has one) and its visits in words."""

    school_id: str | None
    name: str
    counts: str


@dataclass(frozen=True)
class VisitLines:
    """lines: sentences, first what is proposed; source: what they rest on; schools: by name, of a district's page alone."""

    lines: tuple[str, ...]
    source: tuple[str, ...] = ()
    schools: tuple[SchoolLine, ...] = ()


def district_visits(service: AdviceReader, district_id: str, t: Words) -> VisitLines:
    """All schools of the district with visits; those put together last, where the proposal is the district's own."""
    proposal = _usable(service, district_id, t)
    if isinstance(proposal, VisitLines):
        return proposal
    names = dict(service.schools_of(district_id))
    own = {s.school_id: s.visits for s in proposal.schools}
    schools = [
        SchoolLine(school, name, _counts(own[school], t))
        for school, name in sorted(names.items(), key=lambda item: (item[1], item[0]))
        if school in own
    ]
    if proposal.org_id == district_id:
        merged = ((OTHERS, "visits.others"), ("", "visits.too_few"))
        schools += [SchoolLine(None, t(code), _counts(own[key], t)) for key, code in merged if key in own]
    wider = () if proposal.org_id == district_id else (_wider(service, proposal, t),)
    lines = (*(t.text(s) for s in proposal_sentences(proposal)), *wider)
    return VisitLines(lines, tuple(t.text(s) for s in worth_sentences(proposal)), tuple(schools))


def school_visits(service: AdviceReader, school_id: str, t: Words) -> VisitLines:
    """The school's own number within the proposal."""
    proposal = _usable(service, school_id, t)
    if isinstance(proposal, VisitLines):
        return proposal
    first, *others = (t.text(s) for s in proposal_sentences(proposal))
    lines = (_wider(service, proposal, t), first, *_own(proposal, school_id, t), *others)
    return VisitLines(lines, tuple(t.text(s) for s in worth_sentences(proposal)))


def _own(proposal: VisitPlan, school_id: str, t: Words) -> tuple[str, ...]:
    """What is said of the school's own number; nothing where no visit is proposed anywhere."""
    visits = proposal.of_school(school_id)
    if not any(proposal.visits):
        return ()
    if visits is None:
        return (t("visits.page_school_hidden"),)
    return (t("visits.page_school", counts=_counts(visits, t)) if any(visits) else t("visits.page_school_none"),)


def _usable(service: AdviceReader, org_id: str, t: Words) -> VisitPlan | VisitLines:
    """The proposal to show, or what is said without one."""
    proposal: ProposedVisits = service.proposed_visits(org_id)
    if service.age.expired:
        return VisitLines((t.text(service.age.expiry),))
    if proposal.plan is None:
        return VisitLines((t("visits.page_empty"),))
    if proposal.stale:
        return VisitLines((t("visits.page_stale", as_of=proposal.plan.as_of),))
    return proposal.plan


def _wider(service: AdviceReader, plan: VisitPlan, t: Words) -> str:
    """Whose proposal it is."""
    return t("visits.page_scope", name=service.name_of(plan.org_id)) if plan.org_id else t("visits.page_scope_all")


def _counts(visits: Sequence[int], t: Words) -> str:
    """Lessons, surveys and classes, those there are."""
    codes = ("visits.count_observation", "visits.count_student_feedback", "visits.count_class_link")
    return t("pages.site_separator").join(t(code, n=n) for code, n in zip(codes, visits, strict=True) if n)
