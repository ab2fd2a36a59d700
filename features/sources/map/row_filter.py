"""A row filter in a mapping file, such as `状态 == '在职' and 年级 in ['1', '2']`, without running any code.

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
from features.messages import Message, message
from features.sources.read.sheet import Sheet, Texts, plain_texts

Bools = NDArray[np.bool_]
_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
}  # fmt: skip


def rows_where(sheet: Sheet, condition: str) -> Bools:
    """(n,) rows of the sheet that satisfy the condition. Raises UsageError for anything else than a condition on columns."""
    quoted: dict[str, str] = {}

    def placeholder(quote: re.Match[str]) -> str:
        name = f"column_{len(quoted)}_"
        quoted[name] = quote.group(1)
        return name

    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", placeholder, condition.strip()), mode="eval").body
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = quoted.get(node.id, node.id)
        return _mask(tree, sheet, condition)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(condition, message("sources.filter_syntax")) from error


def _mask(node: ast.expr, sheet: Sheet, condition: str) -> Bools:
    if isinstance(node, ast.BoolOp):
        masks = [_mask(value, sheet, condition) for value in node.values]
        reduce = np.logical_and.reduce if isinstance(node.op, ast.And) else np.logical_or.reduce
        return np.asarray(reduce(masks), dtype=bool)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_mask(node.operand, sheet, condition)
    if not isinstance(node, ast.Compare):
        raise _refused(condition, message("sources.filter_comparisons"))
    mask = np.ones(len(sheet.rows), dtype=bool)
    sides = [node.left, *node.comparators]
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        mask &= _compare(op, left, right, sheet, condition)
    return mask


def _compare(op: ast.cmpop, left: ast.expr, right: ast.expr, sheet: Sheet, condition: str) -> Bools:
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, ast.List | ast.Tuple | ast.Set):
            raise _refused(condition, message("sources.filter_list"))
        mask = np.zeros(len(sheet.rows), dtype=bool)
        for choice in right.elts:
            mask |= _compare(ast.Eq(), left, choice, sheet, condition)
        return ~mask if isinstance(op, ast.NotIn) else mask
    a, b = _value(left, sheet, condition), _value(right, sheet, condition)
    numeric = isinstance(a, float) or isinstance(b, float) or type(op) in _ORDER
    x, y = (_numbers(a), _numbers(b)) if numeric else (_strings(a), _strings(b))
    if type(op) in _ORDER:
        with np.errstate(invalid="ignore"):
            result = _ORDER[type(op)](x, y)
    elif isinstance(op, ast.Eq | ast.NotEq):
        result = x == y if isinstance(op, ast.Eq) else x != y
    else:
        raise _refused(condition, message("sources.filter_operators"))
    return np.asarray(np.broadcast_to(np.asarray(result, dtype=bool), len(sheet.rows)))


def _value(node: ast.expr, sheet: Sheet, condition: str) -> Texts | str | float:
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        operand = _value(node.operand, sheet, condition)
        if isinstance(operand, float):
            return -operand
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return float(node.value)
    if isinstance(node, ast.Name):
        indices = sheet.columns_named(node.id)
        if len(indices) > 1:
            raise _refused(condition, message("sources.filter_column_twice", column=node.id))
        if not indices:
            raise _refused(condition, message("sources.filter_column", file=sheet.file, column=node.id))
        return sheet.columns[indices[0]]
    raise _refused(condition, message("sources.filter_operands"))


def _strings(value: Any) -> Any:
    if isinstance(value, str | float):
        return value
    return pc.utf8_trim_whitespace(pc.utf8_normalize(value, "NFC")).to_numpy(zero_copy_only=False)


def _numbers(value: Any) -> Any:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return pd.to_numeric(value, errors="coerce")
    distinct = value.dictionary_encode()
    numbers = pd.to_numeric(
        pd.Series(plain_texts(distinct.dictionary).to_pylist(), dtype=object), errors="coerce"
    )
    return numbers.to_numpy(np.float64)[distinct.indices.to_numpy(zero_copy_only=False)]


def _refused(condition: str, reason: Message) -> UsageError:
    return UsageError("sources.filter_refused", condition=condition, reason=reason)
