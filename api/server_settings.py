"""What a server serves: the workspace and the keys of the settings."""

from __future__ import annotations

from recommender.advice import AdviceService
from recommender.plans.plan_queue import Quota
from recommender.plans.plan_service import PlanService
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import RecordStore
from recommender.records.self_assessment_records import SelfAssessmentRecords
from recommender.registry.model_versions import ModelVersions
from recommender.served_version import usable_recommender
from recommender.settings import Settings
from recommender.sign_in.service_tokens import ServiceTokens
from recommender.sign_in.sign_in_service import SignInService
from recommender.sign_in.verified_tokens import VerifiedTokens
from recommender.tokens import Claims
from recommender.workspace.workspace import Workspace


class ServerSettings:
    """Settings read once; the advice is loaded when it is first needed, because that takes a while."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.workspace = Workspace(self.settings.workspace)
        self.registry = ModelVersions(
            self.workspace.bundles, self.workspace.scores, self.settings.bundle_key, Workspace(self.workspace.root).keep_choice
        )
        quota = Quota(self.settings.plans_per_person, self.settings.plans_waiting)
        self.records = RecordStore.of(self.workspace.root, self.settings)
        self.plans = PlanService(self.workspace, quota=quota, today=self.settings.day, records=self.records)
        self.sign_in = SignInService(self.settings, self.records)
        self._tokens = VerifiedTokens(self.settings.session_key())
        self._service_tokens = ServiceTokens(self.workspace.root)

    def service(self) -> AdviceService:
        """The workspace's city as it is: a server trains and promotes nothing. Raises DataError where that is due."""
        ready = usable_recommender(self.workspace, self.settings, mapped=True)
        own = SelfAssessmentRecords(self.records)
        return AdviceService(
            self.workspace, self.settings, ready=ready, choices=FeedbackRecords(self.records).choices,
            submitted=lambda teacher_id: own.standing(teacher_id).submitted,
        )  # fmt: skip

    def read_token(self, token: str) -> Claims | None:
        """The bearer of a token that was signed with our key and still holds."""
        claims = self._tokens.read(token)
        return claims if claims is not None and self._service_tokens.permits(claims) else None
