"""The key of hook secrets: where it comes from, and what a sealed secret holds out against."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SecretKeyError
from engine.store.secrets import SecretBox, load_or_create_key

BOX = SecretBox(bytes(range(32)))


def test_the_first_start_makes_a_key_file_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "interlock.key"
    key = load_or_create_key(None, file)
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_or_create_key(None, file) == key
    assert load_or_create_key("", file) == key
    assert list(tmp_path.iterdir()) == [file]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "interlock.key"
    program = (
        "import sys, pathlib; from engine.store.secrets import load_or_create_key;"
        "print(load_or_create_key(None, pathlib.Path(sys.argv[1])).hex())"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({start.communicate()[0] for start in starts}) == 1
    assert list(tmp_path.iterdir()) == [file]


def test_the_environment_wins_and_needs_no_file(tmp_path: Path) -> None:
    file = tmp_path / "interlock.key"
    assert load_or_create_key("ab" * 32 + "\n", file) == b"\xab" * 32
    assert not file.exists()


@pytest.mark.parametrize("value", ["short", "ab" * 31, "ab" * 33, "zz" * 32, "ab " * 21 + "a", "\u0661" * 64])
def test_a_malformed_key_is_refused_without_showing_it(tmp_path: Path, value: str) -> None:
    with pytest.raises(
        SecretKeyError, match=r"INTERLOCK_SECRET_KEY holds no key: .*openssl rand -hex 32"
    ) as caught:
        load_or_create_key(value, tmp_path / "interlock.key")
    assert value not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777, 0o620])
def test_a_key_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "interlock.key"
    load_or_create_key(None, file)
    file.chmod(mode)
    with pytest.raises(SecretKeyError, match=f"chmod 600 {file}"):
        load_or_create_key(None, file)


def test_key_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match="is not a file"):
        load_or_create_key(None, tmp_path)
    with pytest.raises(SecretKeyError, match=r"cannot be made .*: make its folder writable"):
        load_or_create_key(None, tmp_path / "no" / "such" / "folder.key")
    empty = tmp_path / "empty.key"
    empty.touch(mode=0o600)
    with pytest.raises(SecretKeyError, match="holds no key"):
        load_or_create_key(None, empty)


@given(st.text(), st.text(), st.text())
def test_a_secret_comes_back_for_its_hook(secret: str, source: str, repo_id: str) -> None:
    assert (
        BOX.unseal(BOX.seal(secret, source=source, repo_id=repo_id), source=source, repo_id=repo_id) == secret
    )


@given(st.data())
def test_a_sealed_secret_that_was_changed_moved_or_cut_is_refused(data: st.DataObject) -> None:
    sealed = BOX.seal("s3cret", source="github", repo_id="12")
    place = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    with pytest.raises(SecretKeyError):
        BOX.unseal(flipped, source="github", repo_id="12")
    with pytest.raises(SecretKeyError):
        BOX.unseal(sealed[:place], source="github", repo_id="12")
    # The boundary between source and repository is part of what is bound.
    source, repo_id = data.draw(
        st.sampled_from([("github", "1"), ("github1", "2"), ("gitlab", "12"), ("", "github12")])
    )
    with pytest.raises(SecretKeyError, match="changed on disk"):
        BOX.unseal(sealed, source=source, repo_id=repo_id)


def test_another_key_is_told_apart_from_damage() -> None:
    sealed = SecretBox(b"x" * 32).seal("s3cret", source="github", repo_id="12")
    with pytest.raises(SecretKeyError, match="encrypted with another key"):
        BOX.unseal(sealed, source="github", repo_id="12")
    with pytest.raises(SecretKeyError, match="has 32 bytes"):
        SecretBox(b"short")


def test_equal_secrets_are_sealed_differently() -> None:
    assert BOX.seal("s", source="a", repo_id="b") != BOX.seal("s", source="a", repo_id="b")
