"""The conditions of a search: only what is asked for stands in the statement, so that each
combination has a plan of its own.
"""


class Where:
    """Conditions and the values of their parameters; `first` are the statement's own."""

    def __init__(self, *first: object) -> None:
        self.values = [*first]
        self._conditions = ["true"]

    def also(self, sql: str, *values: object) -> "Where":
        """A condition with a `{}` for each value; none where a value is None."""
        if None not in values:
            count = len(self.values)
            places = (f"${n}" for n in range(count + 1, count + len(values) + 1))
            self._conditions.append(sql.format(*places))
            self.values += values
        return self

    def __str__(self) -> str:
        return " and ".join(self._conditions)
