"""What staff do with a machine: pass it on, give and take keys, say who pays."""

import html
import re
from datetime import timedelta
from uuid import UUID

import pytest
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import mandates, parties, timeline
from thingdesk.mandates import EntitlementKind, Payer
from thingdesk.parties import Role
from thingdesk.platform import clock, ids
from thingdesk.platform.money import Money

X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
PEM = (
    "-----BEGIN PUBLIC KEY-----\r\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\r\n"
    "-----END PUBLIC KEY-----"
)


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def sold_car(site: Site, name: str) -> UUID:
    owner = await site.hand.machine(name, "car", owner=f"owner-{name}")
    assert owner
    return owner


async def events(site: Site, stream: str, kind: str) -> list[dict[str, object]]:
    async with site.hand.database.transaction() as tx:
        return [one.value or {} for one in await timeline.read(tx, stream) if one.kind == kind]


async def staff_id(site: Site, email: str) -> str:
    async with site.hand.database.transaction() as tx:
        return next(str(one.id) for one in await parties.all_staff(tx) if one.email == email)


async def test_a_machine_passes_to_somebody_new_who_is_registered_in_place(site: Site) -> None:
    seller = await sold_car(site, "sold-1")
    form = {"to": "owner", "email": "Buyer@Example.org", "seen": str(seller), "sure": "yes"}
    async with logged_in(site) as browser:
        refused = await browser.post("/machines/sold-1/transfer", data=form)
        assert refused.status_code == 422
        assert "nobody has this address yet: say who it is" in text(refused.text)
        assert 'value="Buyer@Example.org"' in refused.text, "what was given is kept"
        done = await browser.post("/machines/sold-1/transfer", data=form | {"name": "Bea Buyer"})
        assert done.headers["location"] == "/machines/sold-1?said=transferred"
        page = text((await browser.get("/machines/sold-1")).text)
    assert "Bea Buyer buyer@example.org since" in page
    assert "owner-sold-1" not in page, "of who had it before only the dates are shown"
    assert re.search(r"another owner, \d+ \w+ \d+ to \d+ \w+ \d+", page)
    assert "sold-1 acts for a former owner no more, by Agent" in page
    (began,) = [one for one in await events(site, "machine:sold-1", "ownership.began") if one["by"]]
    assert began["by"] == await staff_id(site, "agent@example.org")


async def test_a_machine_passes_to_nobody_and_back_at_a_time_that_has_come(site: Site) -> None:
    seller = await sold_car(site, "sold-2")
    async with logged_in(site) as browser:
        path = "/machines/sold-2/transfer"
        given = {"to": "nobody", "seen": str(seller), "sure": "yes"}
        assert (await browser.post(path, data=given)).status_code == 303
        assert "Nobody's: what it may do" in text((await browser.get("/machines/sold-2")).text)
        back = {"to": "owner", "email": "owner-sold-2@example.org", "seen": "", "sure": "yes"}
        later = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
        for wrong, words in (
            ({"at": later}, "Is a time to come"),
            ({"at": "yesterday"}, "Is no time"),
            ({"at": "2020-01-01T00:00"}, "the last ownership ended"),
            ({"email": ""}, "Is missing"),
            ({"email": "nobody at all", "name": "N"}, "is no e-mail address"),
            ({"email": "new@example.org", "name": "N", "zone": "Mars/North"}, "is no time zone"),
            ({"sure": ""}, "tick it when you are sure"),
            ({"to": "everybody"}, "choose one of them"),
            ({"seen": str(seller)}, "Its owner has changed meanwhile"),
        ):
            answer = await browser.post(path, data=back | wrong)
            assert answer.status_code == 422, wrong
            assert words.lower() in text(answer.text).lower(), wrong
        assert (await browser.post(path, data=back)).status_code == 303
        nowhere = await browser.post("/machines/nothing/transfer", data=back)
        assert nowhere.status_code == 404
    async with site.hand.database.transaction() as tx:
        assert len(await parties.periods_of(tx, "sold-2")) == 2


async def test_keys_are_added_as_people_have_them_and_revoked_with_a_reason(site: Site) -> None:
    await site.hand.machine("keys-1", "car")
    kid = parties.thumbprint(X)
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        for wrong, words in (
            ("", "paste the machine's public key"),
            ("nonsense", "32 bytes in base64url"),
            (f'{{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"s"}}', "this is a private key"),
            (PEM.replace("PUBLIC", "PRIVATE"), "this is a private key"),
            (PEM.replace("MCow", "MCox"), "the PEM must hold an Ed25519 public key"),
            ("x" * 3000, "2000 characters at most"),
        ):
            answer = await browser.post("/machines/keys-1/keys", data={"key": wrong})
            assert answer.status_code == 422, wrong
            assert words in text(answer.text), wrong
        done = await browser.post("/machines/keys-1/keys", data={"key": PEM})
        assert done.headers["location"] == "/machines/keys-1?said=key_added"
        assert kid in (await browser.get("/machines/keys-1")).text
        silent = await browser.post("/machines/keys-1/revoke", data={"kid": kid, "reason": " "})
        assert silent.status_code == 422
        assert "Is missing: give it a value." in text(silent.text)
        form = {"kid": kid, "reason": "stolen\n\0 <b>"}
        assert (await browser.post("/machines/keys-1/revoke", data=form)).status_code == 303
        page = (await browser.get("/machines/keys-1")).text
        assert "revoked" in text(page)
        assert "A key of keys-1 was revoked: stolen &lt;b&gt;, by Chief" in page
        again = await browser.post("/machines/keys-1/keys", data={"key": X})
        assert "this key was revoked and stays so" in text(again.text)
    by = await staff_id(site, "chief@example.org")
    for kind in ("machine.key_added", "machine.key_revoked"):
        assert [one["by"] for one in await events(site, "machine:keys-1", kind)] == [by]


ENTITLED = {
    "kind": "contract", "reference": "C-7", "payer": "insurer", "services": "vehicle.*",
    "effects": "dispatch, book", "remedies": "repair", "per_effect": "250,5",
    "per_effect_currency": "eur", "begins": "2026-01-01T00:00", "ends": "2036-01-01T00:00",
    "alone": "yes",
}  # fmt: skip


async def test_an_entitlement_is_added_in_all_its_parts_and_ended(site: Site) -> None:
    owner = await sold_car(site, "covered-1")
    path = "/machines/covered-1/entitlements"
    async with logged_in(site, "lea", Role.LEADER) as browser:
        done = await browser.post(path, data=ENTITLED)
        assert done.status_code == 303, text(done.text)
        twice = await browser.post(path, data=ENTITLED)
        assert "this kind has it already" in text(twice.text)
        page = text((await browser.get("/machines/covered-1")).text)
        assert (
            "The insurer pays for dispatch, book of vehicle.* , where the remedy is repair,"
            " up to 250.50 EUR an effect." in page
        )
        async with site.hand.database.transaction() as tx:
            (known,) = await mandates.entitlements_of(tx, "covered-1")
        assert (known.kind, known.payer) == (EntitlementKind.CONTRACT, Payer.INSURER)
        assert (known.per_effect, known.owner_id) == (Money(25050, "EUR"), owner)
        other = await browser.post(f"/machines/press-x/entitlements/{known.id}/end")
        assert other.status_code == 404
        assert (await browser.post(f"{path}/{known.id}/end")).status_code == 303
        page = text((await browser.get("/machines/covered-1")).text)
    assert "Contract C-7 ended" in page
    assert "Entitled by contract C-7; the insurer pays, by Lea" in page
    assert re.search(r"An entitlement ends [^,]+, by Lea", page)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reference": ""}, "Is missing"),
        ({"payer": "owner"}, "say who pays instead"),
        ({"payer": "the moon"}, "choose one of them"),
        ({"services": ""}, "name some, or * for all"),
        ({"services": "vehicle.* vehicel.repair"}, "nothing is called vehicel.repair"),
        ({"effects": "fly"}, "nothing is called fly"),
        ({"remedies": "<b>"}, "names or patterns"),
        ({"per_effect": "a lot"}, "Is no amount of money"),
        ({"per_effect_currency": "EURO"}, "Is no amount of money"),
        ({"ends": "2025-01-01T00:00"}, "a later time"),
        ({"begins": "soon"}, "Is no time"),
        ({"begins": "0001-01-01T00:00"}, "Is out of range"),
        ({"begins": "0001-01-01T00:00+23:59"}, "Is out of range"),
        ({"ends": "9999-12-31T23:59"}, "Is out of range"),
        ({"ends": "9999-12-31T23:59-23:59"}, "Is out of range"),
    ],
)
async def test_what_cannot_be_an_entitlement_is_said_beside_its_field(
    site: Site, wrong: dict[str, str], words: str
) -> None:
    await sold_car(site, "covered-2")
    async with logged_in(site, "lea", Role.LEADER) as browser:
        answer = await browser.post("/machines/covered-2/entitlements", data=ENTITLED | wrong)
    assert answer.status_code == 422
    assert words in text(answer.text)
    (field,) = wrong
    beside = field.removesuffix("_currency")
    assert f'id="entitlement-{beside}-wrong"' in answer.text
    async with site.hand.database.transaction() as tx:
        assert not await mandates.entitlements_of(tx, "covered-2")


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "0001-01-01T00:00+14:00", "1969-12-31T23:59"])
async def test_a_time_that_nothing_can_reckon_with_ends_no_ownership_and_no_entitlement(
    site: Site, at: str
) -> None:
    machine = f"ages-{ids.new()}"
    owner = await site.hand.machine(machine, "car")
    form = {"to": "owner", "email": "late@example.org", "name": "Bea", "sure": "yes", "seen": ""}
    path = f"/machines/{machine}"
    async with logged_in(site, "lea", Role.LEADER) as browser:
        moved = await browser.post(f"{path}/transfer", data=form | {"at": at})
        assert moved.status_code == 422
        assert 'id="transfer-at-wrong"' in moved.text
        entitled = await browser.post(f"{path}/entitlements", data=ENTITLED | {"alone": ""})
        assert entitled.status_code == 303
        async with site.hand.database.transaction() as tx:
            (known,) = await mandates.entitlements_of(tx, machine)
        ended = await browser.post(f"{path}/entitlements/{known.id}/end", data={"at": at})
        assert ended.status_code == 422
        assert "Is out of range" in text(ended.text)
    assert owner is None


async def test_what_a_role_may_not_do_is_refused_with_a_page(site: Site) -> None:
    await sold_car(site, "apart-1")
    for name, role, refused in (
        ("agent", Role.AGENT, {"keys", "revoke", "entitlements"}),
        ("lea", Role.LEADER, {"keys", "revoke"}),
        ("chief", Role.ADMIN, set()),
    ):
        async with logged_in(site, name, role) as browser:
            page = (await browser.get("/machines/apart-1")).text
            for act in ("keys", "revoke", "entitlements", "transfer"):
                answer = await browser.post(f"/machines/apart-1/{act}")
                assert (answer.status_code == 403) == (act in refused), (name, act)
                if act in refused:
                    assert "That is not yours to do" in answer.text
                    assert f'action="/machines/apart-1/{act}"' not in page


@pytest.mark.parametrize("body", [b"x=" + b"y" * 70_000, b"&".join([b"a=1"] * 500), b"\xff=1"])
async def test_a_form_that_no_page_of_ours_sends_is_refused(site: Site, body: bytes) -> None:
    await sold_car(site, "bound-1")
    async with logged_in(site) as browser:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await browser.post("/machines/bound-1/transfer", content=body, headers=kind)
        assert answer.status_code == 422
        assert "The form" in answer.text
        assert "Owner" in (await browser.get("/machines/bound-1")).text
