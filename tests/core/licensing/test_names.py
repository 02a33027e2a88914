"""Licences are known by identifier, name and address, and every one has its tier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licensing import TIERS, recognised, tier_named, tier_of

NAMED = {
    "MIT": "MIT",
    "mit": "MIT",
    "MIT License": "MIT",
    "License :: OSI Approved :: MIT License": "MIT",
    "BSD License": "LicenseRef-BSD",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD": "BSD-3-Clause",
    "new BSD": "BSD-3-Clause",
    "Simplified BSD": "BSD-2-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "http://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "MPLv2.0": "MPL-2.0",
    "GPL": "LicenseRef-GPL",
    "GPLv2+": "GPL-2.0-or-later",
    "GPL v3": "GPL-3.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "cc-by-4.0": "CC-BY-4.0",
    "CC BY": "LicenseRef-CC-BY",
    "CC BY-NC-SA 4.0": "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND 3.0": "CC-BY-NC-ND-3.0",
    "Creative Commons Attribution-ShareAlike 3.0": "CC-BY-SA-3.0",
    "https://creativecommons.org/licenses/by-nc/2.5/": "CC-BY-NC-2.5",
    "CC0 1.0 Universal": "CC0-1.0",
    "odc-by": "ODC-By-1.0",
    "ODbL": "ODbL-1.0",
    "Open Government Licence v3.0": "OGL-UK-3.0",
    "Public Domain": "public domain",
    "The Unlicense": "Unlicense",
    "research use": "LicenseRef-research-use",
    "All rights reserved.": "LicenseRef-all-rights-reserved",
    "Proprietary": "LicenseRef-proprietary",
    "MIT or Apache 2.0": "MIT OR Apache-2.0",
    "Apache License 2.0 and MIT": "Apache-2.0 AND MIT",
    "mit AND (apache-2.0 or bsl-1.0)": "MIT AND (Apache-2.0 OR BSL-1.0)",
    "GPL-2.0-only WITH Classpath-exception-2.0": "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-ours": "LicenseRef-ours",
}
UNNAMED = [
    "",
    "unknown",
    "see LICENSE",
    "licensed driver",
    "MIT Press",
    "bsdtar",
    "gplus",
    "cc",
    "OR",
    "(",
    "42",
]
TIER = {
    "1 open": [
        "MIT",
        "Apache-2.0",
        "0BSD",
        "BSD-3-Clause",
        "CC-BY-4.0",
        "CC0-1.0",
        "public domain",
        "ODC-By-1.0",
    ],
    "3 government": ["OGL-UK-3.0", "etalab-2.0", "LicenseRef-government"],
    "copyleft": [
        "GPL-2.0-only",
        "LGPL-2.1-or-later",
        "AGPL-3.0",
        "MPL-2.0",
        "CC-BY-SA-4.0",
        "ODbL-1.0",
        "OFL-1.1",
    ],
    "non-commercial": ["CC-BY-NC-4.0", "CC-BY-NC-SA-3.0", "LicenseRef-research-use"],
    "denied": [
        "CC-BY-ND-4.0",
        "CC-BY-NC-ND-4.0",
        "LicenseRef-all-rights-reserved",
        "LicenseRef-OursProprietary",
    ],
    "unknown": ["LicenseRef-ours", "Adobe-2006"],
}


@pytest.mark.parametrize(("said", "licence"), NAMED.items())
def test_a_name_is_recognised(said, licence):
    """Metadata names licences in many ways."""
    assert licence == recognised(said)


@pytest.mark.parametrize("said", UNNAMED)
def test_other_words_name_none(said):
    """A word that begins like a licence's name is none."""
    assert recognised(said) is None


@pytest.mark.parametrize(("tier", "licence"), [(t, one) for t, found in TIER.items() for one in found])
def test_a_licence_has_its_tier(tier, licence):
    """No derivatives is stricter than no commerce; a licence that nobody classed is unknown."""
    assert tier == tier_of(licence)


def test_a_choice_is_as_open_as_its_best_part():
    """Of OR the reader may choose; AND binds to all; an exception changes nothing."""
    assert "1 open" == tier_of("MIT OR GPL-3.0-only")
    assert "copyleft" == tier_of("MIT AND GPL-3.0-only")
    assert "copyleft" == tier_of("(MIT OR CC-BY-NC-4.0) AND GPL-2.0-only WITH Classpath-exception-2.0")
    assert "non-commercial" == tier_of("MIT AND CC-BY-NC-4.0 OR CC-BY-ND-4.0")


def test_tiers_have_short_names():
    """A card may say 2a for the tier."""
    assert ["1 open", "2a partial", "2b opaque", "3 government"] == [
        tier_named(n) for n in ("1", "2A", "2b", " 3 ")
    ]
    assert [*TIERS] == [tier_named(tier) for tier in TIERS]
    assert tier_named("4") is None


@given(st.one_of(st.text(max_size=300), st.text("()ORANDWITHmit .-+", max_size=300)))
def test_any_words_are_safe(words):
    """Whatever a field holds, there is a licence with a tier, or none."""
    assert tier_of(recognised(words)) in TIERS
