class UndeclaredEffect(TypeError):
    """A journey used an effect that its service does not declare."""

    def __init__(self, service: str, effect: str) -> None:
        super().__init__(
            f"{service} uses the effect {effect!r} without declaring it: "
            f"add it to effects=(...) of @service, so that owners and staff can know of it"
        )
