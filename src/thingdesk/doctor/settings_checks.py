"""What the settings say, and whether it can work."""

from pathlib import Path

from thingdesk import app, web
from thingdesk.channels.platforms import MapError
from thingdesk.doctor.check import Check
from thingdesk.loading import PackError
from thingdesk.platform import open_files, private
from thingdesk.platform.settings import Settings


async def settings_checks(settings: Settings) -> list[Check]:
    """Each that has something to say."""
    return [
        _person(settings),
        _packs(settings),
        *_map(settings),
        _folder(settings.data_dir),
        _open_files(settings),
        *await _log_ins_elsewhere(settings),
    ]


def _folder(folder: Path) -> Check:
    if folder.exists() and private.is_open(folder):
        found = f"{folder} is open to other accounts; what holds secrets in it is not"
        return Check("data folder", found, well=False, mend=f"Run `chmod 700 {folder}`.")
    return Check("data folder", str(folder))


def _open_files(settings: Settings) -> Check:
    """As it is for who asks; a service has limits of its own, and says so when it starts."""
    open_files.take_all()
    few, most = open_files.too_few(settings.connections), open_files.most()
    return Check("open files", f"{most} at most", well=not few, mend=few)


def _person(settings: Settings) -> Check:
    """Without a contact nothing is wrong with the desk; its owners are told of nobody."""
    what = "owners reach a person"
    if settings.contact:
        return Check(what, settings.contact)
    found = "their pages and mails do not say how"
    return Check(what, found, mend="Set THINGDESK_CONTACT, such as help@example.org.")


def _packs(settings: Settings) -> Check:
    try:
        services = list(app.make_flow(settings).catalog)
    except PackError as error:
        mend = "Mend the pack, or THINGDESK_PACKS; the desk does not start with it."
        return Check("packs", " ".join(str(error).split()), well=False, mend=mend)
    return Check(
        "packs", f"{len(services)} services: {', '.join(sorted(x.name for x in services))}"
    )


def _map(settings: Settings) -> list[Check]:
    """The words of IoT platforms, and each mistake in them."""
    try:
        words = app.make_map(settings, app.make_flow(settings).catalog)
    except MapError as error:
        mend = "Mend the map (THINGDESK_PLATFORMS); the desk does not start with it."
        return [Check("platforms", one, well=False, mend=mend) for one in error.problems]
    except PackError:
        return []  # their own check says so
    return [] if words is None else [Check("platforms", f"{len(words.rules)} rules in the map")]


async def _log_ins_elsewhere(settings: Settings) -> list[Check]:
    found, mend = await web.examine(settings)
    return [Check("log-in elsewhere", found, not mend, mend)] if found else []
