import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from engine.sources.catalog import SOURCES
from engine.sources.signatures import SCHEMES, TOLERANCE, Scheme, refusal, sign

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GITHUB, WEBSUB, STANDARD = SCHEMES["github"], SCHEMES["websub"], SCHEMES["standard"]
TOKEN = SCHEMES["gitlab token"]
SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
#: The example of GitHub's own documentation of webhook validation.
DOCUMENTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#: The example of Atlassian's documentation of webhook secrets, which has no comma in its body.
ATLASSIAN = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
#: What the reference libraries of Standard Webhooks are tested with.
STANDARD_SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_TIME = datetime.fromtimestamp(1614265330, UTC)


def accepted(
    scheme: Scheme, headers: dict[str, str], body: bytes, secret: bytes, now: datetime = NOW
) -> bool:
    return refusal(scheme, headers, body, secret, now) is None


@pytest.mark.parametrize(
    ("scheme", "body", "documented"), [(GITHUB, BODY, DOCUMENTED), (WEBSUB, b"Hello World!", ATLASSIAN)]
)
def test_the_documented_examples_are_valid(scheme: Scheme, body: bytes, documented: str) -> None:
    assert accepted(scheme, {scheme.header: documented}, body, SECRET)
    assert sign(scheme, body, SECRET) == documented


def test_the_example_of_standard_webhooks_is_valid() -> None:
    assert accepted(STANDARD, STANDARD_HEADERS, STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME)
    signed = sign(STANDARD, STANDARD_BODY, STANDARD_SECRET, STANDARD_HEADERS)
    assert signed == STANDARD_HEADERS["webhook-signature"]


@pytest.mark.parametrize("scheme", [GITHUB, WEBSUB])
@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        DOCUMENTED.upper(),
        "sha256=" + DOCUMENTED.removeprefix("sha256=").upper(),
        DOCUMENTED.removeprefix("sha256="),
        DOCUMENTED.replace("sha256=", "sha512="),
        DOCUMENTED + " ",
        " " + DOCUMENTED,
        f"{DOCUMENTED}, {DOCUMENTED}",
        DOCUMENTED[:-1],
        DOCUMENTED[:-1] + "\u0667",
        DOCUMENTED * 100_000,
        "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest(),
        "\ud800" * len(DOCUMENTED),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_malformed_header_is_an_invalid_signature(scheme: Scheme, given: str) -> None:
    assert not accepted(scheme, {scheme.header: given}, BODY, SECRET)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_missing_header_is_named(scheme: Scheme) -> None:
    assert refusal(scheme, {}, BODY, SECRET, NOW) == f"the header {scheme.header} is missing"


def test_the_header_of_another_source_does_not_count() -> None:
    assert not accepted(GITHUB, {"x-hub-signature": DOCUMENTED}, BODY, SECRET)
    assert not accepted(WEBSUB, {"x-hub-signature-256": ATLASSIAN}, b"Hello World!", SECRET)


def test_an_empty_secret_validates_nothing() -> None:
    assert not accepted(GITHUB, {"x-hub-signature-256": sign(GITHUB, BODY, b"")}, BODY, b"")
    assert not accepted(TOKEN, {"x-gitlab-token": ""}, BODY, b"")


@pytest.mark.parametrize("secret", ["t0ken", "with spaces and ünïcode", "x" * 4000], ids=ascii)
def test_a_token_is_compared_as_it_is(secret: str) -> None:
    on_the_wire = secret.encode().decode("latin-1")  # how a server hands headers on
    assert accepted(TOKEN, {"x-gitlab-token": on_the_wire}, BODY, secret.encode())
    for wrong in (on_the_wire + "x", on_the_wire[:-1], on_the_wire.upper(), f"{on_the_wire}, {on_the_wire}"):
        assert not accepted(TOKEN, {"x-gitlab-token": wrong}, BODY, secret.encode())


@pytest.mark.parametrize("off", [-TOLERANCE - 1, -TOLERANCE, 0, TOLERANCE, TOLERANCE + 1])
def test_a_signed_time_counts_for_five_minutes_either_way(off: int) -> None:
    because = refusal(
        STANDARD, STANDARD_HEADERS, STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME + timedelta(seconds=off)
    )
    if abs(off) <= TOLERANCE:
        assert because is None
    else:
        assert because is not None
        assert f"{abs(off)} s" in because


@pytest.mark.parametrize("written", ["", "now", "-1", "1e9", "1614265330.0", "٣", "1" * 30, " 1614265330"])
def test_another_time_is_no_time(written: str) -> None:
    headers = {**STANDARD_HEADERS, "webhook-timestamp": written}
    headers["webhook-signature"] = sign(STANDARD, STANDARD_BODY, STANDARD_SECRET, headers)
    assert not accepted(STANDARD, headers, STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME)


def test_one_valid_signature_of_several_is_enough_and_other_versions_do_not_count() -> None:
    good = STANDARD_HEADERS["webhook-signature"]
    bad = "v1," + base64.b64encode(b"x" * 32).decode()
    for several, fine in (
        (f"{bad} {good}", True),
        (f"{good} {bad} v1a,whatever", True),
        (f"{bad} v2,{good.removeprefix('v1,')}", False),
        (good.replace(" ", "") + ",", False),
        (" ".join([bad] * 16 + [good]), False),  # nobody rotates that often
    ):
        headers = {**STANDARD_HEADERS, "webhook-signature": several}
        assert accepted(STANDARD, headers, STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME) is fine


def test_a_full_stop_in_an_identifier_would_move_the_border_to_the_time() -> None:
    headers = {"webhook-id": "msg_1.1614265330", "webhook-timestamp": "1614265330"}
    headers["webhook-signature"] = sign(STANDARD, STANDARD_BODY, STANDARD_SECRET, headers)
    because = refusal(STANDARD, headers, STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME)
    assert because == "the header webhook-id is malformed"


@pytest.mark.parametrize(
    "secret",
    ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64", "whsec_" + "A" * 92],
)
def test_what_is_no_secret_of_standard_webhooks_verifies_nothing(secret: str) -> None:
    assert SOURCES["standard"].scheme_of(secret) is None
    because = refusal(STANDARD, STANDARD_HEADERS, STANDARD_BODY, secret.encode(), STANDARD_TIME)
    assert because == "the hook's secret cannot be used"


def test_the_form_of_the_secret_says_how_gitlab_has_to_prove_itself() -> None:
    gitlab = SOURCES["gitlab"]
    signing = STANDARD_SECRET.decode()
    assert gitlab.scheme_of("a token") is TOKEN
    assert gitlab.scheme_of(signing) is STANDARD
    assert gitlab.scheme_of("whsec_c2hvcnQ=") is None
    # Whoever has a signing token sends no other proof: one that was only sent along is not accepted.
    assert gitlab.verify({"x-gitlab-token": signing}, b"{}", [signing], NOW).scheme is None


def test_every_secret_is_tried_while_two_are_accepted() -> None:
    github = SOURCES["github"]
    headers = {"x-hub-signature-256": DOCUMENTED}
    for secrets in (["another", SECRET.decode()], [SECRET.decode(), "another"]):
        assert github.verify(headers, BODY, secrets, NOW).scheme is GITHUB
    assert github.verify(headers, BODY, ["another", "a third"], NOW).scheme is None
    assert github.verify(headers, BODY, [], NOW).scheme is None


def test_what_repeats_a_delivery_is_what_was_proven() -> None:
    github, gitlab, standard = (SOURCES[name] for name in ("github", "gitlab", "standard"))
    alike = {"x-github-delivery": "1"}, {"x-github-delivery": "2"}, {"content-type": "text/plain"}
    assert {github.identity_of(h, b"{}") for h in alike} == {hashlib.sha256(b"{}").digest()}
    for source, header in ((gitlab, "idempotency-key"), (gitlab, "webhook-id"), (standard, "webhook-id")):
        one, two = ({header: name} for name in ("1", "2"))
        assert source.identity_of(one, b"{}") == source.identity_of(dict(one), b"{}")
        assert source.identity_of(one, b"{}") != source.identity_of(two, b"{}")
        assert source.identity_of(one, b"{}") != source.identity_of(one, b"{} ")
        assert source.identity_of({}, b"{}") == hashlib.sha256(b"{}").digest()
