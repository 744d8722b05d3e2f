from datetime import UTC, datetime, timedelta
from io import BytesIO

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import whose
from tests.parties.making import signing, unique

from thingdesk import parties
from thingdesk.parties import BadLine, Form, NewMachine, NewOwner, Position, Registered
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

HEAD = b"id,kind,model,serial,key,expected_interval,owner_email,owner_name,lat,lon,attributes.floor"


def read(text: bytes, form: Form = Form.CSV) -> list[tuple[int, NewMachine | BadLine]]:
    return list(parties.read_fleet(BytesIO(text), form))


def one(text: bytes) -> NewMachine | BadLine:
    [(_, found)] = read(text, Form.JSON_LINES)
    return found


def test_a_csv_file_is_read() -> None:
    key = signing().x
    line = f'press-1,press,"P, 7",0042,{key},30,Ana@Example.org,Ana,-5.83,-35.2,3'
    found = read(HEAD + b"\r\n" + line.encode() + b"\r\n\r\npress-2,press" + b"," * 9)
    assert found == [
        (
            2,
            NewMachine(
                "press-1",
                "press",
                model="P, 7",
                serial="0042",
                key=key,
                expected_interval=timedelta(seconds=30),
                owner=NewOwner("ana@example.org", "Ana"),
                position=Position(-5.83, -35.2),
                attributes={"floor": "3"},
            ),
        ),
        (4, NewMachine("press-2", "press")),
    ]


def test_json_lines_are_read() -> None:
    made = signing()
    row = {
        "id": "press-1",
        "kind": "press",
        "serial": 42,
        "key": made.key.as_dict(private=False),
        "expected_interval": 0.5,
        "owner_email": "ana@example.org",
        "owner_zone": "Europe/Lisbon",
        "owned_since": "2026-01-02T03:04:05+01:00",
        "attributes": {"floor": 3},
        "attributes.hall": "B",
    }
    assert one(orjson.dumps(row)) == NewMachine(
        "press-1",
        "press",
        serial="42",
        key=made.x,
        expected_interval=timedelta(seconds=0.5),
        owner=NewOwner("ana@example.org", "ana@example.org", "Europe/Lisbon"),
        owned_since=datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
        attributes={"floor": 3, "hall": "B"},
    )


def test_the_key_may_be_a_jwk_in_a_quoted_value() -> None:
    made = signing()
    jwk = orjson.dumps(made.key.as_dict(private=False)).decode().replace('"', '""')
    [(_, found)] = read(b"id,kind,key\n" + f'a,press,"{jwk}"'.encode())
    assert isinstance(found, NewMachine)
    assert found.key == made.x


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "broken JSON"),
        (b"[1]", "no JSON object"),
        (b'{"id": "a", "kind": "k", "lat": NaN, "lon": 1}', "broken JSON"),
        (b'{"id": "a", "kind": "k", "lat": 91, "lon": 0}', "no place"),
        (b'{"id": "a", "kind": "k", "lat": 9}', "lat and lon belong together"),
        (b'{"id": "a", "kind": "k", "lat": true, "lon": 0}', "lat is no number"),
        (b'{"id": "a", "kind": "k", "expected_interval": "soon"}', "no number"),
        (b'{"id": "a", "kind": "k", "expected_interval": "inf"}', "no number"),
        (b'{"id": "a", "kind": "k", "expected_interval": 1e300}', "out of range"),
        (b'{"id": "a", "kind": "k", "expected_interval": -1}', "out of range"),
        (b'{"id": "a/#", "kind": "k"}', "no machine id"),
        (b'{"id": ["a"], "kind": "k"}', "id is no text"),
        (b'{"id": "a"}', "kind is missing"),
        (b'{"id": "a", "kind": "k", "colour": "red"}', "unknown: colour"),
        (b'{"id": "a", "kind": "k", "owner_name": "Ana"}', "owner_email is missing"),
        (b'{"id": "a", "kind": "k", "owner_email": "Ana"}', "no e-mail address"),
        (b'{"id": "a", "kind": "k", "owned_since": "yesterday"}', "no time"),
        (b'{"id": "a", "kind": "k", "owned_since": "2026-01-02"}', "no zone"),
        (b'{"id": "a", "kind": "k", "owned_since": "0001-01-01T00:00:00Z"}', "out of range"),
        (b'{"id": "a", "kind": "k", "owned_since": "0001-01-01T00:00:00+14:00"}', "out of range"),
        (b'{"id": "a", "kind": "k", "owned_since": "9999-12-31T23:59-23:59"}', "out of range"),
        (b'{"id": "a", "kind": "k", "key": "abc"}', "32 bytes"),
        (b'{"id": "a", "kind": "k", "key": {"kty": "OKP", "d": "x"}}', "private key"),
        (b'{"id": "a", "kind": "k", "attributes": 3}', "no object"),
        (b'{"id": "a", "kind": "heat pump"}', "letters, digits, '_' or '-': write heat_pump"),
        (b'{"id": "a", "kind": "k\\u0000"}', "cannot be seen"),
        (b'{"id": "a", "kind": "k\\u200bk"}', "cannot be seen"),
        (b'{"id": "a", "kind": "k\\u200dk"}', "cannot be seen"),
        (b'{"id": "a", "kind": "k\\u202ek"}', "cannot be seen"),
        (b'{"id": "a", "kind": "k", "attributes": {"a": "\\u0000"}}', "cannot be stored"),
        (b"\xff", "not UTF-8"),
        (b"x" * 70_000, "longer than"),
    ],
)
def test_a_bad_line_says_why(line: bytes, why: str) -> None:
    found = read(line + b'\n{"id": "good", "kind": "k"}\n', Form.JSON_LINES)
    bad = found[0][1]
    assert isinstance(bad, BadLine)
    assert why in bad.reason
    assert found[1:] == [(2, NewMachine("good", "k"))]


def test_all_mistakes_of_a_line_are_told() -> None:
    ((_, bad),) = read(
        b'{"id": "x 1", "kind": "", "key": "zz", "lat": 99, "lon": 1, "serial": [], "colour": 1,'
        b' "expected_interval": "soon", "owned_since": "then", "owner_name": "Ana"}',
        Form.JSON_LINES,
    )
    assert isinstance(bad, BadLine)
    assert [said.partition(" ")[0] for said in bad.reason.split("; ")] == [
        *("unknown:", "serial", "the", "expected_interval", "owner_email", "owned_since", "99.0,"),
        *("id", "kind"),
    ]
    ((_, unread),) = read(b'{"id": [], "kind": 1.5}', Form.JSON_LINES)
    assert isinstance(unread, BadLine)
    assert unread.reason == "id is no text; kind is no text"


def test_a_forgotten_quote_spoils_one_line() -> None:
    found = read(b'id,kind\na,"press\nb,press\nc,press,more\n')
    assert [(number, type(row)) for number, row in found] == [
        (2, BadLine),
        (3, NewMachine),
        (4, BadLine),
    ]


@pytest.mark.parametrize(
    "head", [b"", b"id,model", b"id,kind,colour", b"id,kind,kind", b'id,"kind', b"\xff", b"1,press"]
)
def test_a_file_without_its_columns_is_refused(head: bytes) -> None:
    with pytest.raises(Refused, match="fleet_header"):
        read(head + b"\na,press")


def test_a_file_with_semicolons_says_so() -> None:
    with pytest.raises(Refused) as caught:
        read(b"id;kind\na;press")
    assert "separate the values by commas" in caught.value.refusal.reason


def test_a_byte_order_mark_is_no_column() -> None:
    assert read(b"\xef\xbb\xbfid,kind\na,press") == [(2, NewMachine("a", "press"))]


@given(st.binary(max_size=300), st.sampled_from(Form))
def test_whatever_is_in_a_file_each_line_is_answered(content: bytes, form: Form) -> None:
    if form is Form.CSV:
        content = b"id,kind,lat,lon,expected_interval,key\n" + content
    found = read(content, form)
    assert all(isinstance(row, NewMachine | BadLine) for _, row in found)
    lines = [number for number, _ in found]
    assert lines == sorted(set(lines))
    assert all(1 <= number <= content.count(b"\n") + 1 for number in lines)


def fleet(size: int) -> tuple[list[str], bytes]:
    names = [unique("fleet") for _ in range(size)]
    lines = [
        f"{name},press,,{name},{signing().x},30,{name[:-1]}@example.org,Ana,1,2,3".encode()
        for name in names
    ]
    return names, b"\n".join([HEAD, *lines])


async def register(database: Database, text: bytes) -> tuple[Registered, list[BadLine], list[int]]:
    bad: list[BadLine] = []
    read_so_far: list[int] = []
    done = await parties.register_fleet(
        database, BytesIO(text), Form.CSV, report=bad.append, progress=read_so_far.append
    )
    return done, bad, read_so_far


async def test_good_lines_are_kept_and_bad_ones_reported(database: Database) -> None:
    names, text = fleet(3)
    stolen = f"{unique('fleet')},press,,{names[0]}" + "," * 7
    again = f"{names[1]},lathe" + "," * 9
    text = text + f"\nbad id,press{',' * 9}\n{stolen}\n{again}\n".encode()
    done, bad, _ = await register(database, text)
    assert done == Registered(new=3, changed=0, unchanged=0, bad=3)
    assert [one.line for one in bad] == [5, 6, 7]
    assert f"its serial is that of {names[0]}" in bad[1].reason
    assert "is on line 3 already" in bad[2].reason
    async with database.transaction() as tx:
        known = await parties.get_machines(tx, names)
    assert {machine.kind for machine in known.values()} == {"press"}


async def test_the_same_file_again_changes_nothing(database: Database) -> None:
    names, text = fleet(1201)
    done, bad, progress = await register(database, text)
    assert (done, bad) == (Registered(1201, 0, 0, 0), [])
    assert len(progress) == 3
    assert progress[-1] == len(text)
    async with database.transaction() as tx:
        # sold since: the file must not take it back
        new = await parties.add_owner(tx, NewOwner(f"{names[7]}-new@example.org", "Bob"))
        await parties.transfer(tx, names[7], new.id, clock.now())
    counts = "select (select count(*) from timeline_event), (select count(*) from machine_key)"
    async with database.transaction() as tx:
        before = await tx.fetchrow(counts)
    done, bad, _ = await register(database, text)
    assert done == Registered(0, 0, 1200, 1)
    assert [one.line for one in bad] == [9]
    async with database.transaction() as tx:
        assert await tx.fetchrow(counts) == before
        owner = await whose.owner_of(tx, names[7])
    assert owner == new
