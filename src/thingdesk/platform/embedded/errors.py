class EmbeddedError(RuntimeError):
    """Something embedded does not start, or does not come back.

    `problem` says what is wrong and `mend` what a person can do about it; `str()` is both.
    """

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem} {mend}")
        self.problem = problem
        self.mend = mend
