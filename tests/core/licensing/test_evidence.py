"""A document's own words tell its licence, and how they tell it; look-alikes tell none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licensing import NOTHING, TIERS, Found, of_text

PROSE = "The river rose in the night and took the bridge with it. " * 40
MIT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this thing, to deal in it. "
    "The above copyright notice and this permission notice shall be included. "
    'THE SOFTWARE IS PROVIDED "AS IS"; nobody is liable for OTHER DEALINGS IN THE SOFTWARE.'
)
BSD = (
    "Copyright (c) 2001 A. Body. All rights reserved.\n\nRedistribution and use in source and binary forms are "
    "permitted. Redistributions in binary form must reproduce the notice. {}Nobody answers for damage, "
    "EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."
)
NAME = "The name may not be used to endorse or promote products. "
ISC = (
    "Permission to use, copy, modify, and/or distribute this for any purpose with or without fee is hereby granted, "
    "provided that the copyright notice and this permission notice appear in all copies."
)
CODE = "def f(x):\n    return x + 1\n\n\n" * 40
GNU = (
    "# it under the terms of the GNU {}General Public License as published by\n"
    "# the FSF; either version {} of the License{}.\n"
)
HEADERS = {
    "MIT": "".join(f"# {line}\n" for line in MIT.split(". ")),
    "BSD-3-Clause": BSD.format(NAME),
    "BSD-2-Clause": BSD.format(""),
    "ISC": f"/*\n * {ISC}\n */",
    "Apache-2.0": '// Licensed under the Apache License, Version 2.0 (the "License");\n// you may not use this file',
    "GPL-3.0-or-later": GNU.format("", 3, ", or\n# (at your option) any later version"),
    "GPL-2.0-only": GNU.format("", 2, ""),
    "LGPL-2.1-or-later": GNU.format("Lesser ", "2.1", ", or any later version"),
    "AGPL-3.0-only": GNU.format("Affero ", 3, ""),
    "MPL-2.0": "This Source Code Form is subject to the terms of the Mozilla Public\n * License, v. 2.0.",
    "BSL-1.0": "// Distributed under the Boost Software License, Version 1.0.",
    "LicenseRef-BSD": "Use of this source code is governed by a BSD-style license that can be found elsewhere.",
    "Zlib": "This is provided 'as-is'. Altered source versions must be plainly marked as such.",
    "Unlicense": "This is free and unencumbered software released into the public domain.",
    "CC-BY-4.0": "License: CC BY 4.0\n",
    "BSD-4-Clause": "License: BSD (4-clause)\n",
    "0BSD": 'license = { text = "0BSD" }\n',
    "ECL-2.0": '"license": "ECL-2.0",\n',
    "MIT OR Apache-2.0": "__license__ = 'MIT OR Apache-2.0'\n",
    "public domain": "*** START OF THE PROJECT GUTENBERG EBOOK A TALE ***\n",
    "LicenseRef-Gutenberg": "The Project Gutenberg eBook of A Tale\nThis is a COPYRIGHTED Project Gutenberg eBook.\n",
}  # fmt: skip
PHRASES = {
    "This is licensed under a Creative Commons Attribution-NonCommercial 4.0 International License.": "CC-BY-NC-4.0",
    "Text is available under the Creative Commons Attribution-ShareAlike License 3.0.": "CC-BY-SA-3.0",
    "Photo and text: CC BY-NC-ND 2.0": "CC-BY-NC-ND-2.0",
    "Released under CC0 1.0 Universal.": "CC0-1.0",
    "The code is released under the MIT licence.": "MIT",
    "Licensed under either of Apache License, Version 2.0 or MIT license.": "Apache-2.0 OR MIT",
    "It is distributed under the GPLv3.": "GPL-3.0-only",
    "This file is in the public domain.": "public domain",
    "The author hereby places this work, for ever, and puts it into the public domain.": "public domain",
    "This is a work of the United States Government.": "LicenseRef-government",
    "Contains public sector information licensed under the Open Government Licence v3.0.": "OGL-UK-3.0",
    "Made available under the Open Database License.": "ODbL-1.0",
    "You may read it for personal, non-commercial use only; licensing on request.": "LicenseRef-non-commercial",
    "© 2020 The Paper. All rights reserved.": "LicenseRef-all-rights-reserved",
}
ADDRESSES = {
    "see https://creativecommons.org/licenses/by-sa/4.0/ for the licence": "CC-BY-SA-4.0",
    "the licence is creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "copyright, see https://www.gnu.org/licenses/gpl-3.0.html": "GPL-3.0-only",
    "licence https://opensource.org/licenses/MIT": "MIT",
    "licence at https://opendatacommons.org/licenses/by/1-0/": "ODC-By-1.0",
}
LOOKALIKES = [
    "Every licensed driver may drive. She studied at MIT and taught under MIT rules, provided by MIT.",
    "The GPL was argued over for years, and the licence of the pub was lost.",
    "License: see the file\nPermission denied: licence expired. Copyright (c) 2019 A. Body.",
    "These photographs are not in the public domain.",
    "The letter is not licensed under the GPL, he said.",
    "His plays are widely read, and some ideas lie in the public domain of thought; licences do not matter.",
    "The film was released by Apache Pictures under licence.",
    "color: #cc0; width: 10 cc by mouth; the licence fee rose.",
    "Add SPDX-License-Identifier: MIT to every file.",
    "A government of laws, the United States Government said in its licence office.",
    "The Project Gutenberg people met; permission was asked.",
]


@pytest.mark.parametrize(("licence", "notice"), HEADERS.items())
def test_a_notice_in_the_head_or_foot_is_a_header(licence, notice):
    """Comment signs, line breaks and case do not matter, and "all rights reserved" beside it neither."""
    assert (licence, "header") == told(f"{notice}\n\n{CODE}")
    assert (licence, "header") == told(f"{notice.upper()}\n\n{PROSE}")


@pytest.mark.parametrize(("phrase", "licence"), PHRASES.items())
def test_a_sentence_names_a_licence(phrase, licence):
    """Licences that a page's foot names."""
    assert (licence, "phrase") == told(f"{PROSE}\n\n{phrase}")


@pytest.mark.parametrize(("words", "licence"), ADDRESSES.items())
def test_an_address_names_a_licence(words, licence):
    """Only where nothing else does."""
    assert (licence, "url") == told(f"{PROSE}\n{words}")


@pytest.mark.parametrize("words", LOOKALIKES)
def test_look_alikes_tell_nothing(words):
    """Words that licences share with the rest of the language."""
    assert NOTHING == of_text(words)
    assert NOTHING == of_text(f"{PROSE}\n{words}\n{PROSE}")


def test_spdx_lines_count_anywhere():
    """Even where a text is long, twice, or in signs; only what begins a line; a choice in brackets."""
    far = f"{PROSE * 5}\n/* SPDX-License-Identifier: (mit or Apache-2.0) */\n{PROSE * 5}"

    assert Found("(MIT OR Apache-2.0)", "1 open", "spdx") == of_text(far)
    assert ("MIT AND GPL-2.0-only", "spdx") == told(
        "# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: GPL-2.0-only\n"
    )
    assert ("MIT", "spdx") == told("# SPDX-License-Identifier: MIT and so on\n# Licensed under the GPLv3.")
    assert NOTHING == of_text("# SPDX-License-Identifier: Nonesuch\n")


def test_all_rights_reserved_overrules_phrases_and_addresses():
    """As in MixtureVitae; but a BSD notice reserves them too, and stands."""
    reserved = (
        "© 2020. All rights reserved. Photo by B: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
    )

    assert Found("LicenseRef-all-rights-reserved", "denied", "phrase") == of_text(PROSE + reserved)
    assert ("BSD-2-Clause", "header") == told(BSD.format("") + CODE)


def test_the_middle_of_a_long_document_is_not_its_notice():
    """A licence that a novel's tenth chapter names is not the novel's."""
    assert NOTHING == of_text(f"{PROSE * 4}Released under the MIT licence.{PROSE * 4}")


def test_a_document_that_is_a_licence():
    """A licence is told from a file that carries one by how little else there is."""
    grown = "everyone is permitted to copy. " + "You may convey the work. " * 1400
    gpl = "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n" + grown

    assert ("MIT", "licence text") == told(f"The MIT License\n\nCopyright 2020 A. Body\n\n{MIT}")
    assert ("BSD-3-Clause", "licence text") == told(BSD.format(NAME))
    assert ("GPL-3.0-only", "licence text") == told(gpl)
    assert "licence text" != told(gpl + PROSE * 10)[1]


def test_dual_notices_are_a_choice_and_others_bind_together():
    """Two notices in one file: both hold, unless it says that it is dual-licensed."""
    two = f"{HEADERS['MIT']}\n{HEADERS['GPL-2.0-only']}"

    assert Found("MIT AND GPL-2.0-only", "copyleft", "header") == of_text(two + CODE)
    assert Found("MIT OR GPL-2.0-only", "1 open", "header") == of_text(f"Dual licensed.\n{two}{CODE}")


@given(
    st.lists(
        st.sampled_from(
            [*PHRASES, *ADDRESSES, *LOOKALIKES, "\n", "SPDX-License-Identifier: ", "(", "\0", "İ"]
        )
    )
)
def test_any_pieces_are_safe(pieces):
    """Whatever stands together, there is a known tier and the same answer again."""
    found = of_text("".join(pieces))

    assert found.tier in TIERS
    assert found == of_text("".join(pieces))


@pytest.mark.parametrize(
    "text",
    [
        "SPDX-License-Identifier: ((((((((" * 20_000,
        "\nSPDX-License-Identifier: MIT" * 50_000,
        "licence " + "#" * 1_000_000,
        "license: " * 100_000,
        "licence the " + "this is a very " * 100_000,
        "permission " + " \n\n" * 300_000,
        "released under the " * 50_000,
        "creative commons attribution-nc-" * 50_000,
        "İ" * 100_000 + "\nSPDX-License-Identifier: MIT\n",
    ],
)  # fmt: skip
def test_hostile_texts_cost_little(text):
    """No pattern backtracks its way through a megabyte."""
    begun = time.perf_counter()
    of_text(text)

    assert 1.0 > time.perf_counter() - begun


def told(text):
    """Return licence and evidence."""
    found = of_text(text)
    return found.licence, found.evidence
