"""One way to make a page: a template, the reader's language, links that keep it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from api.deps import language, remembered_language
from api.ids import address
from api.pages.page_words import Words
from recommender.text import Lang, formats

_CHINESE = re.compile(r"[\u3400-\u9fff]")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("api").joinpath("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["number"] = formats.number
    return environment


def foreign(text: str, lang: Lang) -> str | Markup:
    """Text from the tables, marked where its language is not the page's, so that it is read out rightly."""
    tongue: Lang = "zh" if _CHINESE.search(text) else "en"
    if tongue == lang or (tongue == "en" and not re.search(r"[A-Za-z]{3}", text)):
        return text
    return Markup('<span lang="{}">{}</span>').format("zh-CN" if tongue == "zh" else "en", escape(text))


_RUN = {
    "en": re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef][^A-Za-z<>&]*"),
    "zh": re.compile(r"[A-Za-z][A-Za-z_ ()',]*[A-Za-z)]"),
}


def mixed(text: str, lang: Lang) -> Markup:
    """A sentence that quotes text of the tables or names of settings: each run of the other language is marked."""
    parts, end = [], 0
    for run in _RUN[lang].finditer(text):
        marked = Markup('<span lang="{}">{}</span>').format("zh-CN" if lang == "en" else "en", run.group())
        parts += [escape(text[end : run.start()]), marked]
        end = run.end()
    return Markup("").join([*parts, escape(text[end:])])


def link(path: str, request: Request, **query: str | None) -> str:
    """A path with its query, and the language where the browser would not get it without."""
    parameters = {name: value for name, value in query.items() if value}
    lang = language(request)
    if lang != remembered_language(request):
        parameters["lang"] = lang
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _switch(request: Request, lang: Lang) -> str:
    query = {name: value for name, value in request.query_params.items() if name not in {"lang", "token"}}
    query["lang"] = "en" if lang == "zh" else "zh"
    return f"{address(request)}?{urlencode(query)}"


def page(request: Request, template: str, /, **content: object) -> str:
    """The HTML of a page.

    Every page gets the made-up stripe from what is loaded, so that none can forget it.
    """
    lang = language(request)
    service = request.app.state.service
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            t=Words(lang),
            lang=lang,
            html_lang="zh-CN" if lang == "zh" else "en",
            url=lambda path, **query: link(path, request, **query),
            lang_in_links=lang != remembered_language(request),
            foreign=lambda text: foreign(text, lang),
            mixed=lambda text: mixed(text, lang),
            switch=_switch(request, lang),
            with_provider=request.app.state.sign_in.with_provider,
            made_up=service is not None and service.made_up,
            visitor=getattr(request.state, "visitor", None),
            version=getattr(request.state, "version", None),
            age=getattr(request.state, "age", None),
        )
    )
