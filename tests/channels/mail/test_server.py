import pytest

from thingdesk.channels.mail import Server, Tls


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 587, Tls.OFFERED)),
        ("smtp://mail.example.org:25?tls=off", Server("mail.example.org", 25, Tls.OFF)),
        ("smtp://mail.example.org?tls=required", Server("mail.example.org", 587, Tls.REQUIRED)),
        ("smtps://mail.example.org", Server("mail.example.org", 465, Tls.IMPLICIT)),
        ("smtp://localhost:25", Server("localhost", 25, Tls.OFF)),
        ("smtp://[::1]:25", Server("::1", 25, Tls.OFF)),
        (
            "smtp://me%40example.org:p%3Aw%2F@mail.example.org",
            Server("mail.example.org", 587, Tls.OFFERED, "me@example.org", "p:w/"),
        ),
        ("smtp://me:pw@127.0.0.1:25", Server("127.0.0.1", 25, Tls.OFF, "me", "pw")),
    ],
)
def test_a_url_names_the_server(url: str, server: Server) -> None:
    assert Server.read(url) == server


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mail.example.org", "is given as smtp://"),
        ("http://mail.example.org", "is given as smtp://"),
        ("smtp://", "is given as smtp://"),
        ("smtp://mail.example.org:many", "Port"),
        ("smtp://me:secret@mail.example.org?tls=perhaps", "perhaps"),
        ("smtp://me:secret@mail.example.org?tls=off", "without TLS"),
    ],
)
def test_a_url_that_cannot_be_used_is_an_error_without_the_password(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as error:
        Server.read(url)
    assert "secret" not in str(error.value)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Server.read("smtp://me:secret@mail.example.org"))
