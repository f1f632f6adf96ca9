"""Known secrets are taken out of texts that others wrote."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from engine.config.conceal import without_secrets
from engine.config.redaction import HIDDEN, PIECE, Fragments, Redaction, of_setting


def test_a_secret_is_found_as_it_may_be_written() -> None:
    redaction = Redaction()
    redaction.learn(['quo"ted secret', "abc"])
    redaction.learn(["later/one"])
    said = 'quo"ted secret, quo\\"ted secret, quo%22ted%20secret, later%2Fone, abc'
    assert redaction.hide(said) == f"{HIDDEN}, {HIDDEN}, {HIDDEN}, {HIDDEN}, abc"


@given(st.text(st.characters(codec="utf-8"), min_size=PIECE, max_size=40), st.text(), st.data())
def test_no_piece_of_a_value_is_left(secret: str, around: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(secret) - PIECE))
    piece = secret[start : start + data.draw(st.integers(PIECE, 40))]
    for form in (piece, piece.swapcase(), piece[::-1]):
        said = Fragments([{"a": [secret]}]).hide(f"{around}{form}{around}")
        if len(form.lower()) == len(form) and not secret.lower().startswith(("http:", "https:")):
            assert HIDDEN in said or form.lower() not in secret.lower()


def test_pieces_in_base64_are_found_wherever_the_value_begins() -> None:
    for before in ("", "a", "ab", "user:"):
        packed = b64encode(f"{before}sesame-opens-all".encode()).decode()
        assert b64encode(b"sesame-o").decode()[:8] not in Fragments(["sesame-opens-all"]).hide(packed)
        assert HIDDEN in Fragments(["sesame-opens-all"]).hide(packed)


def test_words_that_are_no_part_of_it_stay() -> None:
    assert Fragments(["sesame-opens-all", 12]).hide("nothing of it: 12") == "nothing of it: 12"


def test_of_an_address_only_what_may_be_secret_is() -> None:
    assert of_setting("https://user:pw@host.example/services/T00/B00") == {"pw", "services/T00/B00"}
    assert of_setting("https://jira.example/") == set()
    assert of_setting("a token") == {"a token"}


def test_lines_with_secrets_are_shown_with_dots() -> None:
    text = "token: |\n  one\n  two\nurl: https://bob:hunter2@host/x\nother: 1\n"
    assert without_secrets(text) == "token: ·\n  ···\n  ···\nurl: https://bob:·······@host/x\nother: 1\n"
