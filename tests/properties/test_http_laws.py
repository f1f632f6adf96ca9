"""Whatever definitions and backends say, a processor answers with a value."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.values import number
from engine.model import Attempt, Effect, EffectKind, Entity, Outcome
from engine.processors.http import HttpMaker
from engine.processors.http_answers import (
    LONGEST_WAIT,
    STATUS,
    WORDS,
    one_line,
    outcome_of,
    retry_after,
    text_of,
)
from engine.processors.http_request import ARGUMENTS, UnusableError, make_request
from engine.processors.http_transport import shown_url
from engine.processors.jira.answers import meaning
from engine.processors.jira.choose import choose, read_offers
from engine.processors.jira.maker import JiraMaker
from engine.processors.jira.request import document, make_edits
from engine.processors.jira.site import make_site
from engine.processors.processor import Call, Settings

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False).map(number)
    | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
URLS = st.text(max_size=30) | st.tuples(
    st.sampled_from(["http://", "https://", "//", "", "file:///", "HTTP://"]),
    st.sampled_from(["", "127.0.0.1:1", "u:p@127.0.0.1:1", "[::1", "[::1]:1", "127.0.0.1:99999", "x\r\ny"]),
    st.text(max_size=10),
).map("".join)


def a_call(arguments: dict[str, Any], kind: EffectKind = EffectKind.ACTION) -> Call:
    effect = Effect(kind=kind, name="x", target="b", arguments=arguments)
    return Call(entity=Entity(project="soc", id="SOC-1"), effect=effect, idempotency_key="k")


@given(st.fixed_dictionaries({}, optional={name: URLS if name == "url" else VALUES for name in ARGUMENTS}))
def test_a_request_is_safe_or_is_not_made(arguments: dict[str, Any]) -> None:
    try:
        request = make_request(a_call(arguments), {})
    except UnusableError:
        return
    assert request.url.lower().startswith(("http://", "https://"))
    for name, value in request.headers.items():
        assert not set("\r\n\0") & set(name + value)
    assert request.headers["idempotency-key"] == "k"
    assert 0 < request.timeout <= 300


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"url": URLS, "timeout": st.just(0.2)},
            optional={"headers": VALUES, "method": VALUES, "body": VALUES},
        ),
        max_size=4,
    )
)
def test_performing_never_raises(batch: list[dict[str, Any]]) -> None:
    async def run() -> list[Attempt]:
        processor = HttpMaker().connect(Settings(worker="w", values={"url": "http://127.0.0.1:1"}))
        try:
            return [await processor.perform(a_call(arguments)) for arguments in batch]
        finally:
            await processor.close()

    for attempt in asyncio.run(run()):
        assert attempt.outcome in (Outcome.REFUSED, Outcome.RETRY)
        assert attempt.detail.isprintable()


@given(st.integers(min_value=100, max_value=599))
def test_every_status_has_a_meaning(status: int) -> None:
    outcome = outcome_of(status)
    assert (outcome is Outcome.DONE) == (200 <= status < 300)
    if status not in STATUS:
        assert outcome is outcome_of(status // 100 * 100)
    assert meaning("GET", status) is not Outcome.UNKNOWN
    assert meaning("POST", status) is (Outcome.UNKNOWN if status >= 500 else outcome)


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-reset", "date"]),
        st.text(max_size=40) | st.datetimes().map(str),
    )
)
def test_waits_are_bounded(headers: dict[str, str]) -> None:
    wait = retry_after(headers, datetime.now(UTC))
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@given(st.binary(max_size=2000))
def test_words_are_short_and_printable(content: bytes) -> None:
    words = one_line(text_of(content))
    assert len(words) <= WORDS
    assert words.isprintable()


@given(st.text(max_size=20))
def test_shown_urls_hide_passwords_and_values(tail: str) -> None:
    shown = shown_url(f"https://ada:s3cret@x.example/a?key=s3cret&token=s3cret#s3cret{tail}")
    assert "s3cret" not in shown
    assert "s3cret" not in shown_url(f"https://ada:s3cret@{tail}")


@given(VALUES, st.text(max_size=6))
def test_any_answer_of_jira_is_read(payload: Any, status: str) -> None:
    for body in (
        payload,
        {"transitions": payload},
        {"transitions": [payload, {"id": payload, "name": status, "to": payload, "fields": payload}]},
    ):
        offers = read_offers(body)
        if offers is not None:
            choose(offers, status, set())


@given(
    st.dictionaries(st.sampled_from(["comment", "fields", "update", "resolution", "x"]), VALUES),
    st.sampled_from([2, 3]),
)
def test_any_request_block_is_sent_or_refused(arguments: dict[str, Any], version: int) -> None:
    try:
        edits = make_edits(arguments, version)
    except UnusableError:
        return
    assert set(edits) <= {"fields", "update"}


@given(st.text())
def test_a_document_holds_the_words_and_no_empty_text(text: str) -> None:
    nodes = [node for paragraph in document(text)["content"] for node in paragraph["content"]]
    assert all(node["type"] == "hardBreak" or node["text"] for node in nodes)
    kept = "".join(node.get("text", "") for node in nodes)
    assert sorted("".join(text.split())) == sorted("".join(kept.split()))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(JiraMaker.settings, URLS | VALUES)))
def test_settings_that_pass_the_check_make_a_site(values: dict[str, Any]) -> None:
    said = JiraMaker().check(Settings(worker="w", values=values))
    assert all(sentence.split(" ")[0].rstrip(":") in JiraMaker.settings for sentence in said)
    if not said:
        assert make_site(values).version in (2, 3)
