"""Keys, tokens and passwords."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Iterator

from core.signals.personal._found import Found

# --- tokens that their issuers mark -------------------------------------------------------------------

# Per form: a string without which it cannot be there, and the form as the issuer documents it.
_MARKED: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (what, needles, re.compile(r"(?<![A-Za-z0-9_])" + pattern + r"(?![A-Za-z0-9_])"))
    for what, needles, pattern in (
        ("aws", ("AKIA", "ASIA"), r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
        ("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,255}"),
        ("github", ("github_pat_",), r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        ("gitlab", ("glpat-",), r"glpat-[A-Za-z0-9_-]{20,64}"),
        ("slack", ("xox",), r"xox[abeoprs]-[0-9A-Za-z-]{10,250}"),
        ("slack", ("hooks.slack.com",), r"(?<=hooks.slack.com/services/)T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/\w{20,32}"),
        ("stripe", ("k_live_",), r"[sr]k_live_[A-Za-z0-9]{16,247}"),
        ("google", ("AIza",), r"AIza[A-Za-z0-9_-]{35}"),
        ("google", ("GOCSPX-",), r"GOCSPX-[A-Za-z0-9_-]{28}"),
        ("anthropic", ("sk-ant-",), r"sk-ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{32,128}"),
        ("openai", ("T3BlbkFJ",), r"sk-(?:[a-z]{1,8}-)?[A-Za-z0-9_-]{20,128}T3BlbkFJ[A-Za-z0-9_-]{20,128}"),
        ("hugging face", ("hf_",), r"hf_[A-Za-z]{34}"),
        ("npm", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
        ("pypi", ("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{50,512}"),
        ("sendgrid", ("SG.",), r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
        ("twilio", ("SK",), r"SK[0-9a-f]{32}"),
    )
)  # fmt: skip
_JWT = re.compile(
    r"(?<![A-Za-z0-9_.-])(eyJ[A-Za-z0-9_-]{8,2000})\.eyJ[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{16,2000}(?![A-Za-z0-9_-])"
)
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\s+[A-Za-z-]{3,20}: [^\n]{0,100}){0,4}[A-Za-z0-9+/=\s\\]{64,20000}+"
    r"(?:-----END (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----)?"
)
_FRAME = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----\s*)[^-].*?((?:\s*-----END [A-Z0-9 ]+-----)?)", re.DOTALL)


def secrets(text: str) -> Iterator[Found]:
    """Tokens by their issuers' marks, private keys, JSON web tokens, passwords in URLs, and assignments.

    Not counted: what holds "EXAMPLE", as issuers' own documents write it; in URLs, what a manual would
    put there ("password", `${...}`), and passwords for the machine itself; assigned, names and references.
    """
    found = (*_marked(text), *_in_urls(text), *_assigned(text))
    return (one for one in found if "example" not in text[one.start : one.end].lower())


def _marked(text: str) -> Iterator[Found]:
    for what, needles, pattern in _MARKED:
        if any(needle in text for needle in needles):
            for match in pattern.finditer(text):
                if len(set(match[0])) > 7:  # not AKIAXXXXXXXXXXXXXXXX
                    yield Found("secret", *match.span(), what)
    if "eyJ" in text:
        yield from (
            Found("secret", *match.span(), "jwt") for match in _JWT.finditer(text) if _is_header(match[1])
        )
    if "PRIVATE KEY" in text:
        yield from (Found("secret", *match.span(), "private key") for match in _PEM.finditer(text))


def _is_header(part: str) -> bool:
    """RFC 7519: the first part is base64url of a JSON object that names its algorithm."""
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def marks(value: str) -> tuple[str, str]:
    """Return what a secret begins and ends with that says only which form it has."""
    if frame := _FRAME.fullmatch(value):
        return frame[1], frame[2]
    needles = (
        needle
        for _, needles, _ in _MARKED
        for needle in (*needles, "eyJ", "s" + needles[0], "r" + needles[0])
    )
    return next((needle for needle in needles if value.startswith(needle)), ""), ""


# --- passwords in URLs --------------------------------------------------------------------------------

_USERINFO = re.compile(
    r"://[^\s/:@\"'<>]{0,64}:([^\s/@\"'<>]{3,128})@(?!(?:localhost|host(?:name)?|127\.0\.0\.1)\b)[\w\[]"
)
_STAND_IN = re.compile(
    r"^[\W_]*(?:.{0,12}(?:pass(?:word|wd)?|pwd|secret|token|example|changeme|redacted|placeholder|your|dummy)(?![a-z]).{0,4}"
    r"|[x*.]+|.*[${}].*|%.*)$",
    re.IGNORECASE | re.DOTALL,
)


def _in_urls(text: str) -> Iterator[Found]:
    at = text.find("://")
    while at >= 0:
        match = _USERINFO.match(text, at)
        if match and not _STAND_IN.match(match[1]) and len(set(match[1])) > 2:
            yield Found("secret", *match.span(1), "url password")
        at = text.find("://", at + 3)


# --- assignments --------------------------------------------------------------------------------------

_NEEDLES = ("passw", "passphrase", "pwd", "secret", "token", "key", "bearer")
_PASSWORD = re.compile(r"pass|pwd", re.IGNORECASE)
_GIVEN = re.compile(
    r"(?:pass(?:wd|word|phrase)|pwd|secret|token|key|bearer)[\"'\]]{0,2}"
    r"(?:\s{0,3}(?:=>|:=|=|:)\s{0,3}|(?<=bearer) )([\"'`]?)([^\s\"'`<>,;]{8,200}+)(?(1)\1|(?![\"'`(\[]))",
    re.IGNORECASE,
)
_KIND_OF_KEY = re.compile(
    r"(?:api|access|auth|private|account|encryption|signing|secret)[_-]?$", re.IGNORECASE
)
_VALUE = re.compile(r"[A-Za-z0-9+/=_.!@#$%^&*~?:|-]+")
_WORDS = re.compile(
    r"[a-z]+|[a-z]+[0-9]{0,2}(?:[_.-][a-z]+[0-9]{0,2})+|[A-Z]+(?:[_.-][A-Z0-9]+)*|[a-z]+(?:[A-Z][a-z]+)+",
    re.DOTALL,
)
_REFERENCE = re.compile(r"\$\w*[({]|\{\{|%\(|(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*$|\w+\.{3}|https?://|/")


def _assigned(text: str) -> Iterator[Found]:
    """What is given to a name such as `password` or `api_key` and looks drawn at random."""
    lower = text.lower()
    if len(lower) != len(text):  # İ becomes two characters; places must stay the same
        lower = text.replace("İ", "i").lower()
    for needle in _NEEDLES:
        at = lower.find(needle)
        while at >= 0:
            match = _GIVEN.match(text, at)
            if match and (needle != "key" or _KIND_OF_KEY.search(text, max(0, at - 11), at)):
                value = match[2].rstrip(".:")
                if looks_random(value, bool(_PASSWORD.match(needle))):
                    yield Found("secret", match.start(2), match.start(2) + len(value), "assigned")
            at = lower.find(needle, at + len(needle))


def looks_random(value: str, is_password: bool) -> bool:
    """Whether a value is no word, name, path or stand-in, and varied enough for what it claims to be.

    A password has a letter and a digit and 2.5 bits a character; a key 16 characters and 3.3 bits
    (3.0 where all are hexadecimal), by Shannon's entropy over its own characters.
    """
    if (
        not _VALUE.fullmatch(value)
        or _WORDS.fullmatch(value)
        or _REFERENCE.match(value)
        or _STAND_IN.match(value)
    ):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if is_password:
        return entropy(value) >= 2.5
    is_hex = bool(re.fullmatch(r"[0-9a-fA-F-]+", value))
    return len(value) >= 16 and entropy(value) >= (3.0 if is_hex else 3.3)


def entropy(value: str) -> float:
    """Return Shannon's entropy in bits a character, over the value's own characters."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
