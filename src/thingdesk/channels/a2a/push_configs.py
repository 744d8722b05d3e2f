"""Where an agent wants to be told of a task: read, checked and kept."""

import re
from collections.abc import Sequence

from a2a.types import (
    AuthenticationInfo,
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
    TaskPushNotificationConfig,
)
from a2a.utils.constants import DEFAULT_LIST_TASKS_PAGE_SIZE
from a2a.utils.errors import InvalidParamsError, TaskNotFoundError

from thingdesk import cases, hooks
from thingdesk.access import Caller
from thingdesk.calling import hook_of
from thingdesk.channels.a2a.push import AUTHORIZATION, FORM, TOKEN
from thingdesk.dialogue import CaseView
from thingdesk.hooks import MOST_URL, Hook
from thingdesk.platform.database import Database
from thingdesk.platform.errors import FieldError, Refused, refuse
from thingdesk.platform.outward import Names, Network, why_forbidden

_ENDED = "its machine ended it"
# what stands in a header: visible ASCII, within it single blanks
_FITS = {
    "id": re.compile(r"[!-~]{0,128}"),
    "token": re.compile(r"[!-~]{0,1000}"),
    "authentication.scheme": re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{0,40}"),
    "authentication.credentials": re.compile(r"(?=.{0,4000}\Z)([!-~]+( [!-~]+)*)?"),
}


class PushConfigs:
    """The addresses of a caller for a task, each by its id; the task's own where none is given.
    What proves the desk to them is kept, and shown to nobody again.
    """

    def __init__(self, database: Database, allowed: Sequence[Network]) -> None:
        self._database = database
        self._allowed = allowed
        self._names = Names()

    async def check(self, caller: Caller, config: TaskPushNotificationConfig) -> None:
        """Raises Refused for an address that would never be called, and what fits no header."""
        asked = config.authentication
        given = (config.id, config.token, asked.scheme, asked.credentials)
        for (name, fits), value in zip(_FITS.items(), given, strict=True):
            if not fits.fullmatch(value):
                raise _unfit(name, "is too long, or has other than visible ASCII")
        if not config.url or len(config.url) > MOST_URL:
            raise _unfit("url", f"has 1 to {MOST_URL} characters")
        if why := await why_forbidden(config.url, self._allowed, self._names, caller.machine):
            raise hooks.forbidden(why)

    async def check_room(self, caller: Caller, message_id: str) -> None:
        """Raises Refused where there is no room for one more, before anything is opened for it. A
        message that is repeated opens nothing, and may have its address already.
        """
        async with self._database.transaction() as tx:
            if not await cases.was_reported(tx, caller.machine, message_id):
                await hooks.check_room(tx, caller.machine, of_one=True)

    async def put(
        self, caller: Caller, view: CaseView, config: TaskPushNotificationConfig
    ) -> TaskPushNotificationConfig:
        """Keep what was checked; it is told from the state on that `view` is."""
        name = config.id or str(view.id)
        asked = hook_of(caller, FORM, config.url, name=name, shown=_shown(config))
        async with self._database.transaction() as tx:
            return _config(await hooks.put(tx, asked, view.id, view.told))

    async def get(self, caller: Caller, view: CaseView, name: str) -> TaskPushNotificationConfig:
        """Raises TaskNotFoundError, as the specification wants it."""
        for one in await self._of(caller, view):
            if one.asked.name == name:
                return _config(one)
        raise TaskNotFoundError("there is no such push notification config")

    async def list(
        self, caller: Caller, view: CaseView, page: ListTaskPushNotificationConfigsRequest
    ) -> ListTaskPushNotificationConfigsResponse:
        """A page of them, the oldest first; a page's token is the last id of the one before."""
        found = [_config(one) for one in await self._of(caller, view)]
        names = [one.id for one in found]
        if page.page_size < 0 or (page.page_token and page.page_token not in names):
            raise InvalidParamsError("there is no such page")
        begin = names.index(page.page_token) + 1 if page.page_token else 0
        end = begin + (page.page_size or DEFAULT_LIST_TASKS_PAGE_SIZE)
        return ListTaskPushNotificationConfigsResponse(
            configs=found[begin:end], next_page_token=names[end - 1] if end < len(found) else ""
        )

    async def remove(self, caller: Caller, view: CaseView, name: str) -> None:
        """To remove it again changes nothing."""
        gone = [one for one in await self._of(caller, view) if one.asked.name == name]
        async with self._database.transaction() as tx:
            for one in gone:
                await hooks.end(tx, one, _ENDED)

    async def _of(self, caller: Caller, view: CaseView) -> Sequence[Hook]:
        async with self._database.transaction() as tx:
            found = await hooks.of_machine(tx, caller.machine, caller.owner_id, FORM)
        return [one for one in found if one.asked.case_id == view.id]


def _shown(config: TaskPushNotificationConfig) -> dict[str, str]:
    asked = config.authentication
    made = {TOKEN: config.token} if config.token else {}
    if asked.scheme and asked.credentials:
        made[AUTHORIZATION] = f"{asked.scheme} {asked.credentials}"
    return made


def _config(one: Hook) -> TaskPushNotificationConfig:
    scheme, _, _ = one.asked.shown.get(AUTHORIZATION, "").partition(" ")
    return TaskPushNotificationConfig(
        id=one.asked.name or "",
        task_id=str(one.asked.case_id),
        url=one.asked.url,
        authentication=AuthenticationInfo(scheme=scheme) if scheme else None,
    )


def _unfit(name: str, problem: str) -> Refused:
    path = f"taskPushNotificationConfig.{name}"
    fields = (FieldError(path, problem, "send one that fits"),)
    return refuse("unfit_push", f"the address cannot be told: its {name} {problem}", fields=fields)
