"""The key of a store's secrets is made for a new store, and never for one that needs another."""

from pathlib import Path

import pytest

from engine.config.settings import read_settings
from engine.errors import SecretKeyError, StoreError
from engine.run import hooks
from engine.run.clock import now
from engine.serve.start import key_file, open_store


def test_a_missing_key_is_said_and_no_other_is_made(tmp_path: Path) -> None:
    settings = read_settings({"store": f"sqlite:///{tmp_path}/x.db"}, {})
    store = open_store(settings)
    wanted = hooks.HookRequest(source="github", repo_id="r", repo_path="o/r")
    hooks.register(store, wanted, now())
    store.close()
    place = key_file(settings.store)
    key = place.read_bytes()
    place.unlink()
    with pytest.raises(SecretKeyError, match=r"put .* back"):
        open_store(settings)
    assert not place.exists()
    place.write_bytes(key)
    place.chmod(0o600)
    open_store(settings).close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://x.db", "foo"])
def test_a_url_that_is_none_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError):
        open_store(read_settings({"store": url}, {}))
    assert list(tmp_path.iterdir()) == []
