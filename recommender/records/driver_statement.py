"""Statements of every request, compiled once into the driver's own words.

Building a statement, looking up its compiled form and binding each value by its type took 130 of the 150 us of processor that
reading one teacher's choices took, and 140 of the 290 of an audit line (decision 1320). The driver keeps the text prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = tuple[Any, ...] | dict[str, Any]
"""As the driver takes them: by place or by name."""


class DriverStatement:
    """Text and parameters of one statement for `Connection.exec_driver_sql`, or for the driver itself.

    text: SQL in the driver's parameter style. The values of a statement that are fixed are filled in; the others are
    `names`.
    """

    def __init__(
        self, statement: sa.Select[Any] | sa.CompoundSelect[Any] | sa.Insert, dialect: sa.Dialect, *names: str
    ) -> None:
        """Raises KeyError for a name that the statement does not have, InvalidRequestError without one that it has."""
        inserted = list(names) if isinstance(statement, sa.Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=inserted)
        assert isinstance(compiled, SQLCompiler)
        self.text: Final = str(compiled)
        self._values: Final = compiled.construct_params(dict.fromkeys(names))
        self._order: Final = None if compiled.positiontup is None else tuple(compiled.positiontup)
        self._stored: Final[dict[str, Callable[[Any], Any]]] = {}
        for name in names:
            kind = compiled.binds[name].type
            stored = kind.dialect_impl(dialect).bind_processor(dialect)
            if stored is not None:
                self._stored[name] = stored

    def parameters(self, values: Mapping[str, Any]) -> Parameters:
        """Of one execution. values: one for each of the names."""
        filled = {**self._values, **values}
        for name, stored in self._stored.items():
            filled[name] = stored(filled[name])
        return filled if self._order is None else tuple([filled[name] for name in self._order])


BoundStatement = tuple[DriverStatement, Mapping[str, Any]]
"""A statement and its values."""
