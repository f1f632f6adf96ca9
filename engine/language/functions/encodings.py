"""Functions between text and what carries it: JSON, CSV, Base64, URLs; and digests of it."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError, decode, encode

#: What JSON text escapes so that it can stand in HTML and JavaScript.
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
#: Patterns here are compiled by their first use: most definitions use none of them.
_NEEDS_ESCAPE = "[<>&\u2028\u2029]"
_FIELD = r'"((?:[^"]++|"")*+)"(,|\n|\Z)|([^",\n]*+)(,|\n|\Z)'
_ALWAYS_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_URL = tuple(
    "+" if byte == ord(" ") else chr(byte) if byte in _ALWAYS_SAFE else f"%{byte:02X}" for byte in range(256)
)
_PERCENT = rb"%([0-9A-Fa-f]{2})?"
_NAMESPACES = {
    "dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
    "oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
    "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def json_text(value: Any, meter: Meter) -> str:
    """The value as HCL's own library writes it in JSON; raises `UnfitError`."""
    written = encode(value, meter)
    many = len(re.findall(_NEEDS_ESCAPE, written))
    if not many:
        return written
    meter.make(5 * many)
    return written.translate(_ESCAPED)


def _jsonencode(meter: Meter, value: Any) -> str:
    try:
        return json_text(value, meter)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


def _jsondecode(meter: Meter, value: str) -> Any:
    meter.make(len(value))
    meter.step(sum(map(value.count, "[{,")))
    try:
        return decode(value)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


def _csvdecode(meter: Meter, value: str) -> list[dict[str, str]]:
    meter.make(len(value))
    meter.step(value.count(",") + value.count("\n"))
    rows = _rows(value)
    if not rows:
        raise UnfitError("has no header line", 0)
    header, *others = rows
    for position, name in enumerate(header):
        if name in header[:position]:
            raise UnfitError(f'has two columns "{name}"', 0)
    for number, row in enumerate(others, start=2):
        if len(row) != len(header):
            raise UnfitError(f"has {len(row)} fields in record {number}, and {len(header)} columns", 0)
    return [dict(zip(header, row, strict=True)) for row in others]


def _rows(value: str) -> list[list[str]]:
    """The fields of each record; empty lines are none."""
    value = value.replace("\r\n", "\n").removesuffix("\r")
    rows: list[list[str]] = []
    row: list[str] = []
    at = 0
    field = re.compile(_FIELD)
    while at < len(value) or row:
        if not row and value[at] == "\n":
            at += 1
            continue
        found = field.match(value, at)
        if found is None:
            line = 1 + value.count("\n", 0, at)
            raise UnfitError(
                f'has a wrong quotation mark in line {line}: a field in quotes writes it twice, as ""', 0
            )
        row.append(found[3] if found[1] is None else found[1].replace('""', '"'))
        at = found.end()
        if (found[2] or found[4]) != ",":
            rows.append(row)
            row = []
    return rows


def utf8(value: str) -> bytes:
    """The text's bytes; what no encoding can say, half of a surrogate pair, becomes U+FFFD."""
    try:
        return value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _readable(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UnfitError("decodes to bytes that are no UTF-8 text", 0) from None


def _base64encode(meter: Meter, value: str) -> str:
    data = utf8(value)
    meter.make(4 * (len(data) + 2) // 3)
    return b2a_base64(data, newline=False).decode()


def _base64decode(meter: Meter, value: str) -> str:
    meter.make(len(value))
    try:
        data = a2b_base64(value.replace("\r", "").replace("\n", ""), strict_mode=True)
    except (Base64Error, ValueError):
        raise UnfitError("is no Base64, with its padding", 0) from None
    return _readable(data)


def _urlencode(meter: Meter, value: str) -> str:
    data = utf8(value)
    meter.make(3 * len(data))
    return "".join([_URL[byte] for byte in data])


def _urldecode(meter: Meter, value: str) -> str:
    meter.make(len(value))

    def one(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            raise UnfitError("has a % that two hexadecimal digits do not follow", 0)
        return bytes((int(found[1], 16),))

    return _readable(re.sub(_PERCENT, one, utf8(value).replace(b"+", b" ")))


def _digest(name: str) -> Callable[[Meter, str], str]:
    return lambda meter, value: _hashed(name, value, meter).hex()


def _digest64(name: str) -> Callable[[Meter, str], str]:
    return lambda meter, value: b2a_base64(_hashed(name, value, meter), newline=False).decode()


def _hashed(name: str, value: str, meter: Meter) -> bytes:
    import hashlib  # it brings OpenSSL, which few definitions need

    meter.make(128)
    return hashlib.new(name, utf8(value), usedforsecurity=False).digest()


def _uuidv5(meter: Meter, namespace: str, name: str) -> str:
    space = _NAMESPACES.get(namespace, namespace)
    if not re.fullmatch(_UUID, space):
        raise UnfitError('is neither "dns", "url", "oid" or "x500" nor a UUID', 0)
    import hashlib

    meter.make(36)
    found = hashlib.sha1(bytes.fromhex(space.replace("-", "")) + utf8(name), usedforsecurity=False)
    data = bytearray(found.digest()[:16])
    data[6] = data[6] & 0x0F | 0x50
    data[8] = data[8] & 0x3F | 0x80
    made = data.hex()
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:]))


ENCODINGS = (
    function("base64decode(text: string)", "The text that Base64 stands for; bytes that are no UTF-8 are an error.", _base64decode, returns="string"),
    function("base64encode(text: string)", "The text's UTF-8 bytes in Base64.", _base64encode, returns="string"),
    function("base64sha256(text: string)", "The SHA-256 digest of the text in Base64.", _digest64("sha256"), returns="string"),
    function("base64sha512(text: string)", "The SHA-512 digest of the text in Base64.", _digest64("sha512"), returns="string"),
    function("csvdecode(text: string)", "The rows of comma-separated values as objects, named by the first row.", _csvdecode, returns="list(map(string))"),
    function("jsondecode(text: string)", "The value that JSON text says.", _jsondecode),
    function("jsonencode(value: any)", "The value as compact JSON text.", _jsonencode, returns="string"),
    function("md5(text: string)", "The MD5 digest of the text in hexadecimal; to tell contents apart, not to prove anything.", _digest("md5"), returns="string"),
    function("sha1(text: string)", "The SHA-1 digest of the text in hexadecimal; to tell contents apart, not to prove anything.", _digest("sha1"), returns="string"),
    function("sha256(text: string)", "The SHA-256 digest of the text in hexadecimal.", _digest("sha256"), returns="string"),
    function("sha512(text: string)", "The SHA-512 digest of the text in hexadecimal.", _digest("sha512"), returns="string"),
    function("urldecode(text: string)", "The text that a part of a URL's query stands for.", _urldecode, returns="string"),
    function("urlencode(text: string)", "The text as a part of a URL's query: a space is +, other signs are %XX.", _urlencode, returns="string"),
    function("uuidv5(namespace: string, name: string)", 'The UUID that a name has in a namespace: "dns", "url", "oid", "x500" or a UUID.', _uuidv5, returns="string"),
)  # fmt: skip
