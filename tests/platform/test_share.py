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


async def test_a_sender_has_so_many_messages_under_way(stack: ExitStack) -> None:
    share = Share(2, 1000, PLENTY)
    rooms = [stack.enter_context(share.take("a", 1)) for _ in range(3)]
    assert rooms == [FREE, FREE, THEIRS]
    assert stack.enter_context(share.take("b", 1)) is FREE, "another sender has a share of its own"


async def test_a_sender_has_so_many_bytes_under_way_and_always_one_message(
    stack: ExitStack,
) -> None:
    share = Share(100, 1000, PLENTY)
    assert stack.enter_context(share.take("large", 5000)) is FREE
    assert stack.enter_context(share.take("large", 1)) is THEIRS
    rooms = [stack.enter_context(share.take("a", 400)) for _ in range(3)]
    assert rooms == [FREE, FREE, THEIRS]


async def test_what_was_much_work_keeps_its_room_for_longer() -> None:
    share = Share(100, 1000, PLENTY)
    loop = asyncio.get_running_loop()
    with share.take("a", 1000):
        began = loop.time()
        while loop.time() - began < 0.05:
            pass
    with share.take("a", 1000) as room:
        assert room is THEIRS, "the desk has to do with others now"

    async def has_room() -> bool:
        with share.take("a", 1000) as again:
            return again is FREE

    await until(has_room, within=5)


async def test_who_goes_on_beyond_its_share_is_named_once_a_time(stack: ExitStack) -> None:
    floods: list[str] = []
    share = Share(1, 100, PLENTY, floods.append)
    stack.enter_context(share.take("a", 100))
    stack.enter_context(share.take("b", 1))
    for _ in range(9):
        stack.enter_context(share.take("a", 100))
        stack.enter_context(share.take("b", 1))
    assert floods == []
    for _ in range(2):
        stack.enter_context(share.take("a", 100))
    assert floods == ["a"], "by its bytes"
    for _ in range(2):
        stack.enter_context(share.take("b", 1))
    assert floods == ["a", "b"], "by its messages"


async def test_messages_of_no_size_leave_nothing_behind() -> None:
    share = Share(3, 100, PLENTY)
    for _ in range(5):
        with share.take("a", 0) as first, share.take("a", 0) as second:
            assert (first, second) == (FREE, FREE)
        await asyncio.sleep(0)
    with share.take("a", 100) as room:
        assert room is FREE


async def test_of_all_there_is_only_so_much_under_way(stack: ExitStack) -> None:
    share = Share(100, 1000, (3, 1_000_000))
    rooms = [stack.enter_context(share.take(f"{n}", 1)) for n in range(4)]
    assert rooms == [FREE, FREE, FREE, ALL]
    stack.close()
    assert stack.enter_context(share.take("5", 1)) is FREE, "what has ended is no longer under way"


async def test_of_all_there_are_only_so_many_bytes_under_way(stack: ExitStack) -> None:
    share = Share(100, 1000, (100, 1500))
    rooms = [stack.enter_context(share.take(f"{n}", 800)) for n in range(3)]
    assert rooms == [FREE, FREE, ALL]
