"""Reads the answers that scripts/fuzz-wire gets, and takes nothing for good that HTTP/1.1 or the API does not say."""

import json
import re
import zlib

TCHAR = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
HEAD = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*\r\n"
                  rb"((?:" + TCHAR + rb":[ \t]*[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n")
FIELD = re.compile(rb"([^:]+):[ \t]*([^\r]*)\r\n")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
# What we call requests.
OURS = re.compile(rb"wire-[0-9a-f]+")
TYPES = {"invalid_data", "not_allowed", "not_found", "conflict", "duplicate_error", "unknown_error"}
# Statuses without a body.
EMPTY = {204, 304}
# Of an answer that shows one record, or says what was deleted.
ONE_RECORD = re.compile(rb'\{"(?:customer_group|customer|price_list|user|discount)":\{|\{"ids?":|\{"object":|\{"deleted":')


class Broken(Exception):
    """An answer is not what HTTP has; or, with `incomplete`, not yet."""

    def __init__(self, what, incomplete=False):
        super().__init__(what)
        self.incomplete = incomplete


def one_answer(data, at, is_head, sent):
    """Status, fields, body and end of the answer at `at`.

    `is_head` is None where it isn't known what was asked for."""
    match = HEAD.match(data, at)
    if not match:
        end = data.find(b"\r\n\r\n", at)
        raise Broken(f"no answer's head: {bytes(data[at:at + 200])!r}", incomplete=end < 0)
    status, end = int(match[1]), match.end()
    fields = {}
    for name, value in FIELD.findall(match[2]):
        name = name.lower()
        if name in fields and name in (b"content-length", b"transfer-encoding", b"content-type", b"date"):
            raise Broken(f"{name.decode()} twice")
        fields[name] = value
    if status < 200:
        if status != 100 or fields:
            raise Broken(f"interim answer {status} with {fields}")
        return status, fields, b"", end
    if b"date" not in fields:
        raise Broken("an answer without a date")
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None and (coding is not None or not length.isdigit()):
        raise Broken(f"Content-Length {length!r} and Transfer-Encoding {coding!r}")
    if status in EMPTY or is_head:
        if status in EMPTY and (coding is not None or length not in (None, b"0")):
            raise Broken(f"{status} with a length")
        return status, fields, b"", end
    if is_head is None and b"HEAD" in sent and (end == len(data) or data[end:end + 5] == b"HTTP/"):
        return status, fields, b"", end
    if length is not None:
        body = data[end:end + int(length)]
        if len(body) < int(length):
            raise Broken(f"a body of {len(body)} bytes instead of {length.decode()}", incomplete=True)
        return status, fields, bytes(body), end + int(length)
    if coding is None:
        if fields.get(b"connection") == b"close" and b"HTTP/1.0" in sent:
            return status, fields, bytes(data[end:]), len(data)
        raise Broken("an answer without a length")
    if coding != b"chunked":
        raise Broken(f"Transfer-Encoding {coding!r}")
    pieces = []
    while True:
        match = CHUNK.match(data, end)
        if not match:
            raise Broken(f"no chunk: {bytes(data[end:end + 40])!r}", incomplete=b"\n" not in data[end:end + 12])
        size, start = int(match[1], 16), match.end()
        end = start + size + 2
        if len(data) < end:
            raise Broken("a chunk is cut", incomplete=True)
        if data[end - 2:end] != b"\r\n":
            raise Broken("a chunk that does not end where it says")
        if not size:
            return status, fields, b"".join(pieces), end
        pieces.append(bytes(data[start:start + size]))


def unpacked(fields, body):
    coding = fields.get(b"content-encoding")
    return zlib.decompress(body, 31 if coding == b"gzip" else 15) if coding else body


def wrong_form(status, fields, body):
    """What is wrong with an error's body, or None."""
    kind = fields.get(b"content-type", b"").split(b";")[0].strip()
    try:
        text = unpacked(fields, body).decode()
        if kind == b"text/plain":
            # Medusa's own: the one error that is a word.
            return None if status == 401 and text else f"{status} in plain text"
        value = json.loads(text)
    except (ValueError, zlib.error) as error:
        return f"{status} with a body that cannot be read: {error}"
    if not isinstance(value, dict):
        return f"{status} with {text[:100]}"
    if kind == b"application/problem+json":
        good = value.get("type") == "about:blank" and value.get("status") == status \
            and isinstance(value.get("detail"), str) and isinstance(value.get("title"), str)
    else:
        good = kind == b"application/json" and value.get("type") in TYPES and isinstance(value.get("message"), str) \
            and set(value) <= {"type", "message", "code"} and isinstance(value.get("code", ""), str)
    return None if good else f"{status} with {kind.decode()} {text[:200]}"
