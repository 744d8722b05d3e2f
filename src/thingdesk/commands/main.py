import click

from thingdesk import __version__
from thingdesk.commands.backup import backup
from thingdesk.commands.check import check
from thingdesk.commands.checkpoint import checkpoint
from thingdesk.commands.demo import demo
from thingdesk.commands.doctor import doctor_
from thingdesk.commands.machines import machines
from thingdesk.commands.migrate import migrate
from thingdesk.commands.providers import providers
from thingdesk.commands.replay import replay_
from thingdesk.commands.restore import restore
from thingdesk.commands.retry import retry
from thingdesk.commands.rotate_key import rotate_key
from thingdesk.commands.staff import staff
from thingdesk.commands.up import up


@click.group()
@click.version_option(__version__)
def main() -> None:
    """thingdesk: the customer-service desk for machine customers."""


for _one in (
    backup,
    check,
    checkpoint,
    demo,
    doctor_,
    machines,
    migrate,
    providers,
    replay_,
    restore,
    retry,
    rotate_key,
    staff,
    up,
):
    main.add_command(_one)
