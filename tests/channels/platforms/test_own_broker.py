"""The address of the platform's broker is the desk's own: nothing would ever come."""

from pathlib import Path

from tests.channels.platforms.maps import MAP
from tests.desk import DeskProcess, all_running
from tests.ports import free_port
from tests.waiting import until


async def test_a_desk_that_is_to_read_its_own_broker_says_so(
    tmp_path: Path, database_url: str
) -> None:
    words = tmp_path / "map.toml"
    words.write_text(MAP, encoding="utf-8")
    port = free_port()
    desk = DeskProcess(
        tmp_path / "desk",
        roles="ingest,work",
        database_url=database_url,
        mqtt_port=port,
        platforms=words,
        platform_broker_url=f"mqtt://localhost:{port}",
    )
    async with all_running(desk):

        async def says() -> bool:
            return "THINGDESK_PLATFORM_BROKER_URL is this desk's own broker" in desk.log()

        await until(says, within=60)
        assert "cannot be used" not in desk.log()
