"""Names and imports, over all files at once: one class a name, one module a name, no circle, no private words."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("features", "models", "recommender", "api")
PRODUCT = {p: ast.parse(p.read_text("utf-8")) for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))}
OTHERS = {
    p: ast.parse(p.read_text("utf-8"))
    for folder in ("tests", "benchmarks", "notebooks")
    for p in sorted((ROOT / folder).rglob("*.py"))
}
PRIVATE_WORDS = {"found", "held", "told", "here", "asked", "given", "heard", "taught"}


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_two_public_classes_share_a_name() -> None:
    classes = Counter(
        node.name
        for tree in PRODUCT.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in classes.items() if count > 1] == []


def test_no_two_modules_share_a_name() -> None:
    modules = Counter(path.stem for path in PRODUCT if path.stem != "__init__")
    assert [name for name, count in modules.items() if count > 1] == []


def test_imports_form_no_circle() -> None:
    """At import time and inside functions alike; imports for type checking are left out."""
    modules = {_module(path) for path in PRODUCT}
    graph: dict[str, set[str]] = defaultdict(set)
    for path, tree in PRODUCT.items():
        typing_only = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in typing_only:
                continue
            if isinstance(node, ast.Import):
                graph[_module(path)] |= {alias.name for alias in node.names} & modules
            elif isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names} & modules
                rest = [alias for alias in node.names if f"{node.module}.{alias.name}" not in modules]
                graph[_module(path)] |= whole | ({node.module} & modules if rest else set())
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from error


def test_names_are_the_fields_own_words() -> None:
    """Locals, parameters and attributes are named after what they are."""
    private = [
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path, tree in (PRODUCT | OTHERS).items()
        for node in ast.walk(tree)
        if (name := _assigned(node)) in PRIVATE_WORDS
    ]
    assert private == []


def _assigned(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr
    return node.arg if isinstance(node, ast.arg) else None
