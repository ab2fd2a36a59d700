"""A row filter in a mapped file, such as `状态 == '在职' and 年级 in ['1', '2']`, without running any code.

Names are column headers, those with spaces or brackets in backticks; cells compare as text with text and as
numbers with numbers; an empty cell is ''.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.errors import UsageError
from features.sources.read.sheet import Sheet, Texts

Bools = NDArray[np.bool_]
_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
}  # fmt: skip


def rows_where(sheet: Sheet, condition: str) -> Bools:
    """(n,) rows of the sheet that fit. Raises WrongUse for what is no filter or names no column."""
    quoted: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        name = f"column_{len(quoted)}_"
        quoted[name] = found.group(1)
        return name

    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", stand_in, condition.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        raise _refused(condition, "it cannot be read") from wrong
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = quoted.get(node.id, node.id)
    return _truth(tree, sheet, condition)


def _truth(node: ast.expr, sheet: Sheet, condition: str) -> Bools:
    if isinstance(node, ast.BoolOp):
        parts = [_truth(part, sheet, condition) for part in node.values]
        joined = np.logical_and.reduce if isinstance(node.op, ast.And) else np.logical_or.reduce
        return np.asarray(joined(parts), dtype=bool)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_truth(node.operand, sheet, condition)
    if not isinstance(node, ast.Compare):
        raise _refused(condition, "only comparisons joined by and, or, not are allowed")
    truth = np.ones(len(sheet.rows), dtype=bool)
    sides = [node.left, *node.comparators]
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        truth &= _compare(op, left, right, sheet, condition)
    return truth


def _compare(op: ast.cmpop, left: ast.expr, right: ast.expr, sheet: Sheet, condition: str) -> Bools:
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, ast.List | ast.Tuple | ast.Set):
            raise _refused(condition, "after `in` comes a list such as ['1', '2']")
        found = np.zeros(len(sheet.rows), dtype=bool)
        for choice in right.elts:
            found |= _compare(ast.Eq(), left, choice, sheet, condition)
        return ~found if isinstance(op, ast.NotIn) else found
    a, b = _value(left, sheet, condition), _value(right, sheet, condition)
    numeric = isinstance(a, float) or isinstance(b, float) or type(op) in _ORDER
    x, y = (_numbers(a), _numbers(b)) if numeric else (_words(a), _words(b))
    if type(op) in _ORDER:
        with np.errstate(invalid="ignore"):
            found = _ORDER[type(op)](x, y)
    elif isinstance(op, ast.Eq | ast.NotEq):
        found = x == y if isinstance(op, ast.Eq) else x != y
    else:
        raise _refused(condition, "allowed are == != < <= > >= in, and, or, not")
    return np.asarray(np.broadcast_to(np.asarray(found, dtype=bool), len(sheet.rows)))


def _value(node: ast.expr, sheet: Sheet, condition: str) -> Texts | str | float:
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        inner = _value(node.operand, sheet, condition)
        if isinstance(inner, float):
            return -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return float(node.value)
    if isinstance(node, ast.Name):
        place = sheet.column(node.id)
        if place is None:
            raise _refused(condition, f"{sheet.file} has no column {node.id!r}")
        return sheet.columns[place]
    raise _refused(condition, "only column names, texts and numbers are allowed")


def _words(value: Any) -> Any:
    if isinstance(value, str | float):
        return value
    return pc.utf8_trim_whitespace(pc.utf8_normalize(value, "NFC")).to_numpy(zero_copy_only=False)


def _numbers(value: Any) -> Any:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return pd.to_numeric(value, errors="coerce")
    distinct = value.dictionary_encode()
    numbers = pd.to_numeric(pd.Series(distinct.dictionary.to_pylist(), dtype=object), errors="coerce")
    return numbers.to_numpy(np.float64)[distinct.indices.to_numpy(zero_copy_only=False)]


def _refused(condition: str, why: str) -> UsageError:
    return UsageError(f"the filter {condition!r} cannot be used: {why}")
