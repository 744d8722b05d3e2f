"""What the settings say, and whether it can work."""

from pathlib import Path

from thingdesk import app, web
from thingdesk.channels.platforms import MapError
from thingdesk.doctor.check import Check
from thingdesk.loading import PackError
from thingdesk.platform import open_files, present, private
from thingdesk.platform.settings import Settings

_HERE = "as set in this terminal"
_PACKS, _CONTACT = "THINGDESK_PACKS", "THINGDESK_CONTACT"


async def settings_checks(settings: Settings) -> list[Check]:
    """Each that has something to say."""
    return [
        _of_whom(settings),
        _person(settings),
        _packs(settings),
        *_map(settings),
        _folder(settings.data_dir),
        _open_files(settings),
        *await _log_ins_elsewhere(settings),
    ]


def _of_whom(settings: Settings) -> Check:
    """A desk that runs was started with settings of its own, from wherever that was."""
    others = [name for name, is_other in _others(settings).items() if is_other]
    if not others:
        return Check("settings", _HERE)
    found = f"{_HERE}; the desk that runs in {settings.data_dir} has others: {', '.join(others)}"
    mend = "What follows of these is not of that desk: set them here as they are there."
    return Check("settings", found, mend=mend)


def _others(settings: Settings) -> dict[str, bool]:
    """By setting, whether a desk that runs here was started with another one."""
    running = present.read(settings.data_dir)
    if "services" not in running:
        return {}
    try:
        known = set(app.make_flow(settings).catalog.versions)
    except PackError:
        known = set()
    return {
        _PACKS: known != set(running["services"].split()),
        _CONTACT: settings.contact != running.get("contact", settings.contact),
    }


def _here(settings: Settings, name: str) -> str:
    return f" ({_HERE})" if _others(settings).get(name) else ""


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
    what, here = "owners reach a person", _here(settings, _CONTACT)
    if settings.contact:
        return Check(what, f"{settings.contact}{here}")
    found = f"their pages and mails do not say how{here}"
    return Check(what, found, mend="Set THINGDESK_CONTACT, such as help@example.org.")


def _packs(settings: Settings) -> Check:
    here = _here(settings, _PACKS)
    try:
        services = list(app.make_flow(settings).catalog)
    except PackError as error:
        mend = "Mend the pack, or THINGDESK_PACKS; the desk does not start with it."
        return Check("packs", f"{' '.join(str(error).split())}{here}", well=False, mend=mend)
    names = ", ".join(sorted(one.name for one in services))
    return Check("packs", f"{len(services)} services{here}: {names}")


def _map(settings: Settings) -> list[Check]:
    """The words of IoT platforms, and each mistake in them."""
    try:
        words = app.make_map(settings, app.make_flow(settings).catalog)
    except MapError as error:
        mend = "Mend the map (THINGDESK_PLATFORMS); the desk does not start with it."
        here = _here(settings, _PACKS)
        found = [f"{one}{here}" for one in error.problems]
        return [Check("platforms", one, well=False, mend=mend) for one in found]
    except PackError:
        return []  # their own check says so
    return [] if words is None else [Check("platforms", f"{len(words.rules)} rules in the map")]


async def _log_ins_elsewhere(settings: Settings) -> list[Check]:
    found, mend = await web.examine(settings)
    return [Check("log-in elsewhere", found, not mend, mend)] if found else []
