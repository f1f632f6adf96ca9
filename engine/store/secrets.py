"""Hook secrets at rest: AES-256-GCM, each bound to its hook, under one key that the store never sees."""

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import SecretKeyError

KEY_BYTES = 32
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SecretBox:
    """Seals secrets and opens them again. A sealed secret is: key id (8 bytes), nonce (12), ciphertext with tag."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise SecretKeyError(f"a secret key has {KEY_BYTES} bytes, this one has {len(key)}")
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"interlock secret key id\n" + key).digest()[:_KEY_ID_BYTES]

    def seal(self, secret: str, *, source: str, repo_id: str) -> bytes:
        """Encrypt a secret for this hook only."""
        nonce = os.urandom(_NONCE_BYTES)
        data = self._cipher.encrypt(nonce, secret.encode(), _owner(source, repo_id))
        return self.key_id + nonce + data

    def unseal(self, sealed: bytes, *, source: str, repo_id: str) -> str:
        """Decrypt a secret of this hook; `SecretKeyError` for another key, another hook or changed bytes."""
        if key_id_of(sealed) != self.key_id:
            raise SecretKeyError(
                f"the secret of the {source} hook {repo_id} was encrypted with another key: "
                "give that key again (INTERLOCK_SECRET_KEY or the key file), or register the hook anew"
            )
        nonce = sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        try:
            data = self._cipher.decrypt(
                nonce, sealed[_KEY_ID_BYTES + _NONCE_BYTES :], _owner(source, repo_id)
            )
        except (InvalidTag, ValueError) as error:
            raise SecretKeyError(
                f"the secret of the {source} hook {repo_id} was changed on disk: register the hook anew"
            ) from error
        return data.decode()


def key_id_of(sealed: bytes) -> bytes:
    """Which key sealed this secret."""
    return sealed[:_KEY_ID_BYTES]


def load_or_create_key(environment_value: str | None, key_file: Path) -> bytes:
    """The key from ``INTERLOCK_SECRET_KEY`` if that is set, else from the key file, which is made at first start.

    A key is written as 64 hexadecimal digits. The file must be its owner's alone (0600).
    """
    if environment_value:
        return _parse(environment_value, "INTERLOCK_SECRET_KEY")
    if not key_file.exists():
        _make(key_file)
    return _read(key_file)


def _owner(source: str, repo_id: str) -> bytes:
    return b"\0".join((b"interlock hook", source.encode(), repo_id.encode()))


def _parse(text: str, where: str) -> bytes:
    digits = text.strip()
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(digits) != 2 * KEY_BYTES or len(key) != KEY_BYTES:
        raise SecretKeyError(
            f"{where} holds no key: it must be {2 * KEY_BYTES} hexadecimal digits, "
            "for instance from `openssl rand -hex 32`"
        )
    return key


def _read(key_file: Path) -> bytes:
    try:
        mode = key_file.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SecretKeyError(
                f"{key_file} is not a file: name another key file, or set INTERLOCK_SECRET_KEY"
            )
        if mode & _OPEN_TO_OTHERS:
            raise SecretKeyError(f"others may read the key in {key_file}: run `chmod 600 {key_file}`")
        text = key_file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise SecretKeyError(
            f"the key file {key_file} cannot be read ({error.strerror}): "
            "make it readable for the user that runs Interlock, or set INTERLOCK_SECRET_KEY"
        ) from error
    return _parse(text, str(key_file))


def _make(key_file: Path) -> None:
    """Write the file aside, then link it into place: whoever is second finds the first one's key, never half a key."""
    aside = key_file.with_name(f".{key_file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(os.urandom(KEY_BYTES).hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, key_file)
            _sync_folder(key_file.parent)
        except FileExistsError:
            return
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise SecretKeyError(
            f"the key file {key_file} cannot be made ({error.strerror}): "
            "make its folder writable for the user that runs Interlock, or set INTERLOCK_SECRET_KEY"
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
