"""Files in a form: taken in as they stream, to temporary files, and handed over with the form's other fields."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final

from fastapi import Depends, Request
from fastapi.exceptions import HTTPException
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.formparsers import MultiPartException

from api.form_guard import TOKEN, check_origin, form_token

UPLOAD_PATH: Final = "/data/uploads"
MAX_FILES: Final = 30
MAX_FIELDS: Final = 10
MAX_PASTED: Final = 900_000  # bytes of pasted text


@dataclass(frozen=True)
class UploadForm:
    """files: (name, content) of those that were chosen. fields: the others, without the form's token."""

    files: tuple[tuple[str, BinaryIO], ...]
    fields: dict[str, str]


async def upload_form(request: Request) -> AsyncIterator[UploadForm]:
    """The form of one of our pages; its temporary files go with the request.

    Raises HTTPException 400 for another body, 403 for a form of elsewhere.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "multipart/form-data":
        raise HTTPException(400)
    check_origin(request)
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_PASTED)
    except (MultiPartException, StarletteHTTPException) as error:
        raise HTTPException(400) from error
    try:
        yield _checked(request, form)
    finally:
        await form.close()


def _checked(request: Request, form: FormData) -> UploadForm:
    files, fields = [], dict[str, str]()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files.append((value.filename, value.file))
        else:
            fields[name] = value
    if not hmac.compare_digest(fields.pop(TOKEN, "").encode(), form_token(request).encode()):
        raise HTTPException(403)
    return UploadForm(tuple(files), fields)


UploadFormDep = Annotated[UploadForm, Depends(upload_form)]
