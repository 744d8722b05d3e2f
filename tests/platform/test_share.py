import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.waiting import until

from thingdesk.platform.share import Room, Share

PLENTY = (1000, 1_000_000)
FREE, THEIRS, ALL = Room.FREE, Room.NONE_OF_THEIRS, Room.NONE_AT_ALL


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


def take(stack: ExitStack, share: Share, sender: str, size: int) -> Room:
    """Until the stack is closed."""
    place = share.take(sender, size)
    stack.callback(place.give_back)
    return place.room


async def test_a_sender_has_so_many_messages_under_way(stack: ExitStack) -> None:
    share = Share(2, 1000, PLENTY)
    rooms = [take(stack, share, "a", 1) for _ in range(3)]
    assert rooms == [FREE, FREE, THEIRS]
    assert take(stack, share, "b", 1) is FREE, "another sender has a share of its own"


async def test_a_sender_has_so_many_bytes_under_way_and_always_one_message(
    stack: ExitStack,
) -> None:
    share = Share(100, 1000, PLENTY)
    assert take(stack, share, "large", 5000) is FREE
    assert take(stack, share, "large", 1) is THEIRS
    rooms = [take(stack, share, "a", 400) for _ in range(3)]
    assert rooms == [FREE, FREE, THEIRS]


async def test_what_was_much_work_keeps_its_room_for_longer() -> None:
    share = Share(100, 1000, PLENTY)
    loop = asyncio.get_running_loop()
    place = share.take("a", 1000)
    began = loop.time()
    while loop.time() - began < 0.05:
        pass
    place.give_back()
    assert share.take("a", 1000).room is THEIRS, "the desk has to do with others now"

    async def has_room() -> bool:
        return share.take("a", 1000).room is FREE

    await until(has_room, within=5)


async def test_who_goes_on_beyond_its_share_is_named_once_a_time(stack: ExitStack) -> None:
    floods: list[str] = []
    share = Share(1, 100, PLENTY, floods.append)
    take(stack, share, "a", 100)
    take(stack, share, "b", 1)
    for _ in range(9):
        take(stack, share, "a", 100)
        take(stack, share, "b", 1)
    assert floods == []
    for _ in range(2):
        take(stack, share, "a", 100)
    assert floods == ["a"], "by its bytes"
    for _ in range(2):
        take(stack, share, "b", 1)
    assert floods == ["a", "b"], "by its messages"


async def test_messages_of_no_size_leave_nothing_behind() -> None:
    share = Share(3, 100, PLENTY)
    for _ in range(5):
        with ExitStack() as stack:
            assert [take(stack, share, "a", 0) for _ in range(2)] == [FREE, FREE]
        await asyncio.sleep(0)
    assert share.take("a", 100).room is FREE


async def test_of_all_there_is_only_so_much_under_way(stack: ExitStack) -> None:
    share = Share(100, 1000, (3, 1_000_000))
    rooms = [take(stack, share, f"{n}", 1) for n in range(4)]
    assert rooms == [FREE, FREE, FREE, ALL]
    stack.close()
    assert take(stack, share, "5", 1) is FREE, "what has ended is no longer under way"


async def test_of_all_there_are_only_so_many_bytes_under_way(stack: ExitStack) -> None:
    share = Share(100, 1000, (100, 1500))
    rooms = [take(stack, share, f"{n}", 800) for n in range(3)]
    assert rooms == [FREE, FREE, ALL]
