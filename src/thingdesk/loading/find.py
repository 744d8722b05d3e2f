"""A pack is a module, by its name; who names something else is told the name."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from thingdesk.loading.said import choose, said

_NO_MORE = "; nothing else in it was looked at"


class NotFound(Exception):
    """Why a pack cannot be had, and how to mend it."""


def find(name: str) -> ModuleType:
    """The module of this name, as Python finds it or in the command's folder. Raises NotFound."""
    here = Path.cwd()
    if name.endswith(".py") or "/" in name or "\\" in name:
        raise NotFound(_path(name, here))
    if str(here) not in sys.path:
        sys.path.append(str(here))  # where an author tries things, as with `python -m`
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise NotFound(_nowhere(name, here)) from error
        words = f"it cannot be imported: {said(error)}; install it, or mend its name{_NO_MORE}"
        raise NotFound(words) from error
    except SystemExit as error:
        words = 'importing it ends Python; put what runs under `if __name__ == "__main__":`'
        raise NotFound(words) from error
    # whatever the author wrote there
    except Exception as error:
        mend = "; mend that line" if isinstance(error, SyntaxError) else ""
        raise NotFound(f"it cannot be imported: {said(error)}{mend}{_NO_MORE}") from error
    _check_theirs(name, module, here)
    return module


def _path(name: str, here: Path) -> str:
    path = Path(name).resolve()
    if not path.exists() and not path.with_suffix(".py").exists():
        return f"there is no such file, and a pack is named as a module; {_known(path.stem, here)}"
    module = path.with_suffix("")
    if not module.name.isidentifier():
        return "a module's name has letters, digits and _ alone; rename it, and leave out .py"
    below = module.relative_to(here).parts if module.is_relative_to(here) else ("",)
    if all(one.isidentifier() for one in below):
        return f"it is a file; name its module: {'.'.join(below)}"
    return f"it is a file; go to its folder, {module.parent}, and name its module: {module.name}"


def _nowhere(name: str, here: Path) -> str:
    nor = "nor in a folder of PYTHONPATH, nor is it installed"
    return f"there is no such module in {here}, {nor}; {_known(name, here)}"


def _known(name: str, here: Path) -> str:
    return choose(name, sorted(one.stem for one in here.glob("*.py") if one.stem.isidentifier()))


def _check_theirs(name: str, module: ModuleType, here: Path) -> None:
    own, found = here / f"{name.replace('.', '/')}.py", getattr(module, "__file__", None)
    if own.exists() and found and not own.samefile(found):
        words = f"it is {found}, and not the {own.name} of this folder; give yours another name"
        raise NotFound(words)
