"""What an instant service can do about a person for the owner: the queue, and call backs."""

from datetime import datetime
from uuid import UUID

from thingdesk import contact, parties
from thingdesk.contact import CallBacks, Hold, Place, Wanted
from thingdesk.journeys.awaited import Author, verbs
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, invalid

_MOST_ABOUT = 500


@verbs
class Holding(Author):
    """A place in the queue for a person, which `reporter` holds for the owner of `subject`."""

    def __init__(
        self,
        tx: Transaction,
        subject: str,
        reporter: str,
        calls: CallBacks,
        mandate_id: UUID | None = None,
    ) -> None:
        super().__init__()
        self._tx = tx
        self._staff = calls
        self._mandate_id = mandate_id
        self.subject = subject
        self.reporter = reporter

    async def ask_for_person(
        self, about: str, *, reach: str, language: str = "en", case: UUID | None = None
    ) -> Place:
        """A place in the queue, about a matter in words and, if there is one, the owner's case;
        `reach` is the owner's telephone number or an https address. In the same matter it is the
        same place. Refuses what does not fit, and more than a few at once.
        """
        owner_id = await self._owner()
        if owner_id is None:
            raise contact.without_owner()
        said = formats.line(about)
        if not 1 <= len(said) <= _MOST_ABOUT:
            field = FieldError("data.input.about", "does not fit", f"1 to {_MOST_ABOUT} characters")
            raise invalid("nobody would know what it is about", [field])
        wanted = Wanted(
            self.reporter,
            self.subject,
            owner_id,
            said,
            contact.read_reach(reach),
            language,
            case,
            self._mandate_id,
        )
        return await contact.ask(self._tx, wanted, self._staff)

    async def hold(self, hold: UUID) -> Place:
        """How a hold of the owner stands."""
        return await contact.see(self._tx, await self._owner(), hold, self._staff)

    async def owner_is_here(self, hold: UUID) -> Place:
        """The owner is there, and the person who is ready talks to them."""
        owner_id = await self._owner()
        return await self._place(
            await contact.owner_is_here(self._tx, owner_id, hold, self.reporter)
        )

    async def call_back(self, hold: UUID, at: datetime) -> Place:
        """Staff call the owner at one of the times that are free, in place of the queue."""
        owner_id = await self._owner()
        return await self._place(await contact.call_back(self._tx, owner_id, hold, at, self._staff))

    async def leave(self, hold: UUID) -> Place:
        """No person is wanted any more."""
        owner_id = await self._owner()
        reason = f"{self.reporter} does not want it any more, on the owner's behalf."
        return await self._place(await contact.leave(self._tx, owner_id, hold, reason))

    async def _place(self, hold: Hold) -> Place:
        return await contact.place(self._tx, hold, self._staff)

    async def _owner(self) -> UUID | None:
        owned = await parties.ownership_of(self._tx, self.subject, clock.now())
        return owned.owner_id if owned else None
