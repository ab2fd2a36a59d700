"""The data desk: files are brought, looked at, confirmed and undone, on pages that work without scripts."""

from __future__ import annotations

import io
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import FileResponse, RedirectResponse

from api.auth import VisitorDep
from api.deps import answer, language
from api.form_guard import ONCE, checked_form, form_token, once
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.upload_view import HistoryLine, corrections_of, history_lines, upload_view
from api.request_bodies import MAX_LARGE_FIELDS, LargeFormBody
from api.upload_bodies import UploadFormDep
from features.errors import ReadError, UnavailableError, UnknownIdError
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.import_history import undo
from recommender.workspace.importing import Mode

router = APIRouter(prefix="/data", include_in_schema=False)

UploadId = Annotated[str, Path(max_length=40)]
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AGAIN: Final = "2"  # seconds after which a page on work that is going on asks again
HISTORY_SHOWN: Final = 30


def uploads_of(request: Request) -> UploadStore:
    """What was brought and is not imported yet."""
    uploads: UploadStore = request.app.state.uploads
    return uploads


@router.get("")
def desk(
    request: Request, visitor: VisitorDep,
    after: Annotated[Literal["undone", "discarded", "nothing", "stale"] | None, Query()] = None,
) -> Response:
    """Where files are brought; what waits; all imports."""
    store = uploads_of(request)
    store.expire()
    t, damage, lines = Words(language(request)), "", tuple[HistoryLine, ...]()
    try:
        lines = history_lines(store.root, t)[:HISTORY_SHOWN]
    except ReadError as error:
        damage = t.text(error.message)
    html = page(
        request, "data_desk.html", uploads=store.all(), lines=lines, damage=damage, after=after, token=form_token(request),
        once=once, megabytes=request.app.state.upload_megabytes,
    )  # fmt: skip
    return answer(request, html)


@router.post("/uploads")
def bring(request: Request, visitor: VisitorDep, form: UploadFormDep) -> Response:
    """Takes the files in and starts to look at them."""
    files = list(form.files)
    pasted = form.fields.get("pasted", "").strip("\n")
    if pasted.strip():
        files.append((f"{Words(language(request))('uploads.pasted_name')}.csv", io.BytesIO(pasted.encode())))
    if not files:
        return _back(request, "/data", after="nothing")
    mode = Mode.REPLACE if form.fields.get("mode") == "replace" else Mode.ADD
    store = uploads_of(request)
    try:
        upload = store.start(store.create(visitor.subject, visitor.role, mode, files), "look")
    except OSError as error:  # such as a full disk: nothing of it is kept
        raise UnavailableError("uploads.not_kept") from error
    return _back(request, _address(upload))


@router.get("/uploads/{upload_id}")
def one(request: Request, upload_id: UploadId, visitor: VisitorDep) -> Response:
    """How far an upload is: its columns, its problems, what it would change, or what it did."""
    store = uploads_of(request)
    upload = store.read(upload_id)
    view = upload_view(store, upload, Words(language(request)))
    response = answer(request, page(request, "upload.html", view=view, token=form_token(request), once=once))
    if upload.state == "working":
        response.headers["Refresh"] = AGAIN
    return response


@router.post("/uploads/{upload_id}/columns")
def columns(request: Request, upload_id: UploadId, visitor: VisitorDep, body: LargeFormBody) -> Response:
    """Takes what a person says of the columns, and checks; or guesses again where a sheet is another table."""
    store, form = uploads_of(request), checked_form(request, body, MAX_LARGE_FIELDS)
    upload = store.read(upload_id)
    if upload.state not in ("asking", "checked", "failed", "interrupted"):
        raise HTTPException(409)
    corrections = corrections_of(form, store.content(upload_id, "guess.json") or {}, upload.corrections)
    store.start(upload, "look", corrections=corrections)
    return _back(request, _address(upload))


@router.post("/uploads/{upload_id}/confirm")
def confirm(request: Request, upload_id: UploadId, visitor: VisitorDep, body: LargeFormBody) -> Response:
    """Imports what was shown."""
    store, form = uploads_of(request), checked_form(request, body)
    upload = store.read(upload_id)
    if upload.state != "checked":
        raise HTTPException(409)
    good_rows = form.get("good_rows") == "yes"
    if upload.checked["problems"] and not good_rows:
        raise HTTPException(400)
    store.start(upload, "write", accept_good_rows=good_rows, confirmed_by=visitor.subject)
    return _back(request, _address(upload))


@router.post("/uploads/{upload_id}/discard")
def discard(request: Request, upload_id: UploadId, visitor: VisitorDep, body: LargeFormBody) -> Response:
    """Deletes the files; nothing was imported."""
    checked_form(request, body)
    uploads_of(request).discard(upload_id)
    return _back(request, "/data", after="discarded")


@router.get("/uploads/{upload_id}/problems.xlsx")
def problem_rows(request: Request, upload_id: UploadId, visitor: VisitorDep) -> Response:
    """Only the rows with problems, the reason in the last column."""
    store = uploads_of(request)
    upload = store.read(upload_id)
    path = store.path(upload_id, "problems.xlsx")
    if not path.is_file():
        raise UnknownIdError("uploads.unknown", upload_id=upload_id)
    name = quote(f"{Words(language(request))('uploads.problems_name')}-{upload.at:%Y%m%d}.xlsx")
    disposition = f"attachment; filename=\"problems.xlsx\"; filename*=UTF-8''{name}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return FileResponse(path, media_type=WORKBOOK, headers=headers)


@router.post("/undo")
def undo_import(request: Request, visitor: VisitorDep, body: LargeFormBody) -> Response:
    """Goes back to the tables before the import in effect; only where it is still the one that the page showed."""
    form, store = checked_form(request, body), uploads_of(request)
    shown = history_lines(store.root, Words(language(request)))
    if not shown or form.get("version") != shown[0].version or not form.get(ONCE):
        return _back(request, "/data", after="stale")
    undo(store.root, visitor.subject)
    return _back(request, "/data", after="undone")


def _address(upload: Upload) -> str:
    return f"/data/uploads/{upload.upload_id}"


def _back(request: Request, path: str, **query: str | None) -> Response:
    return RedirectResponse(link(path, request, **query), 303, {"Cache-Control": "no-store"})
