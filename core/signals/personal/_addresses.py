"""E-mail and Internet addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from core.signals.personal._found import Found

# --- e-mail -----------------------------------------------------------------------------------------

_LOCAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-"
_MAX_LOCAL = 64
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}(xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,24})(?![\w@-])"
)
_NO_DOMAIN = frozenset(  # RFC 2606 and 6761 keep them for examples and tests; the rest are names of files
    [
        "example",
        "test",
        "invalid",
        "localhost",
        "local",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "css",
        "js",
        "ts",
        "py",
        "html",
        "json",
        "xml",
        "php",
        "md",
    ]
)
_EXAMPLES = re.compile(r"(?:^|\.)example\.(?:com|org|net|edu)$", re.IGNORECASE)
_NO_EDGE = "./'`|{}*=?#&!$%^~-"  # allowed inside by RFC 5322, at the edge they belong to the sentence


def emails(text: str) -> Iterator[Found]:
    """Addresses as RFC 5322's dot-atoms, at a domain that the public network can have.

    Not counted: the domains kept for examples (RFC 2606), names of files such as `icon@2x.png`,
    the `user@host` of a URL, and `git@host:path`.
    """
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        if domain and (start := _local(text, at)) < at and _is_personal(text, start, at, domain):
            yield Found("email", start, domain.end(), "email")
        at = text.find("@", at + 1)


def _local(text: str, at: int) -> int:
    before = text[max(0, at - _MAX_LOCAL - 1) : at]
    local = before[len(before.rstrip(_LOCAL)) :]
    if len(local) > _MAX_LOCAL:
        return at
    local = local[max(local.rfind("=") + 1, local.rfind("/") + 1, 0) :].lstrip(_NO_EDGE)
    return at if local.endswith(".") or ".." in local else at - len(local)


def _is_personal(text: str, start: int, at: int, domain: re.Match[str]) -> bool:
    if domain[1].lower() in _NO_DOMAIN or _EXAMPLES.search(domain[0]):
        return False
    before = text[max(0, start - 80) : start]
    scheme = before.rfind("://")
    if scheme >= 0 and not re.search(r"[\s/@?]", before[scheme + 3 :]):
        return False
    return not (text[start:at] == "git" and text.startswith(":", domain.end()))


# --- IP ---------------------------------------------------------------------------------------------

_V4 = re.compile(r"[0-9](?<![\w.+-][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![\w-]|\.[\w]|/[0-9]{1,2}\b)")
_V6 = re.compile(r"[23][0-9A-Fa-f]{3}(?<![\w:.][0-9A-Fa-f]{4}):[0-9A-Fa-f:]{2,35}+(?![\w]|/[0-9]{1,3}\b)")
_VERSION = re.compile(
    r"(?:\bv(?:er)?\.?|version|release|build|rev(?:ision)?|firmware|assembly\w*|driver|section|sect?\.|§|chapter"
    r"|article|clause|table|figure|fig\.|paragraph|oid|[\w+.-]/)[\s=:\"'(]{0,4}$",
    re.IGNORECASE,
)
_DRAWN = re.compile(r"\.[0-9]+[ -]\Z")  # before and after it: the path of a drawing
_DRAWN_ON = re.compile(r" ?-?\.?[0-9]")
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")  # RFC 9637, later than some Pythons


def ips(text: str) -> Iterator[Found]:
    """Public addresses that may be one person's.

    Not counted: what `ipaddress` calls private, loopback, link-local, reserved or for documentation;
    where three of the four numbers are below 10, all are the same, or a 0 stands at either end, which are
    versions, sections, stand-ins and networks; networks such as `81.2.3.0/24`; numbers after a word for a
    version or section, or after `Name/`, as in browsers' own lines; IPv6 outside 2000::/3.
    """
    if text.count(".") >= 3:
        for match in _V4.finditer(text):
            if _is_public_v4(match[0]) and not _is_other(text, *match.span()):
                yield Found("ip", *match.span(), "ipv4")
    if text.count(":") >= 3:
        for match in _V6.finditer(text):
            value = match[0].rstrip(":")
            if value.count(":") >= 3 and _is_public_v6(value):
                yield Found("ip", match.start(), match.start() + len(value), "ipv6")


def _is_other(text: str, start: int, end: int) -> bool:
    """Whether what stands around four numbers says that they are a version, a section, or a drawing's."""
    begin = max(0, start - 16)
    if _VERSION.search(text, begin, start):
        return True
    return bool(_DRAWN_ON.match(text, end) and _DRAWN.search(text, begin, start))


def _is_public_v4(value: str) -> bool:
    numbers = [int(number) for number in value.split(".")]
    if sorted(numbers)[2] < 10 or len(set(numbers)) == 1 or not numbers[0] or not numbers[3]:
        return False
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def _is_public_v6(value: str) -> bool:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return address.is_global and address not in _DOCUMENTATION
