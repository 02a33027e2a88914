"""RedPajama-V2's signals as their definitions read, slowly: what the fast ones are held against."""

import math
import re
import string
import unicodedata
from collections import Counter


def raw_words(text):
    return re.findall(r"\w+|[^\w\s]+", text)


def normalised(text):
    text = text.translate(str.maketrans("", "", string.punctuation)).lower().strip()
    return unicodedata.normalize("NFD", re.sub(r"\s+", " ", text))


def lines(text):
    return re.findall(r"[^\n]*\n|[^\n]+$", text)


def share(part, whole):
    return round(part / whole, 8) if whole else None


def words(text):
    """The signals of `rps_words`."""
    plain, raw = normalised(text).split(), raw_words(text)
    counts = Counter(plain)
    letters = sum(bool(re.search("[a-zA-Z]", word)) for word in raw)
    entropy = sum(-n / len(plain) * math.log(n / len(plain)) for n in counts.values())
    return {
        "rps_doc_word_count": len(plain),
        "rps_doc_mean_word_length": share(sum(map(len, plain)), len(plain)),
        "rps_doc_num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", text)),
        "rps_doc_symbol_to_word_ratio": share(sum(map(text.count, ("#", "...", "…"))), len(raw)),
        "rps_doc_frac_no_alph_words": round(1.0 - letters / len(raw), 8) if raw else None,
        "rps_doc_frac_unique_words": share(len(counts), len(plain)),
        "rps_doc_unigram_entropy": round(entropy, 8) if plain else None,
        "rps_doc_frac_all_caps_words": share(sum(map(str.isupper, raw)), len(raw)),
    }


def content(text):
    """The signals of `rps_content`."""
    clean, found = normalised(text), lines(text)
    ellipses = sum(line.rstrip().endswith(("...", "…")) for line in found)
    return {
        "rps_doc_lorem_ipsum": share(clean.count("lorem ipsum"), len(clean)) or 0.0,
        "rps_doc_curly_bracket": share(text.count("{") + text.count("}"), len(text)) or 0.0,
        "rps_doc_frac_lines_end_with_ellipsis": share(ellipses, len(found)),
    }


def repetition(text):
    """The signals of `rps_repetition`."""
    plain = normalised(text).split()
    total, found = sum(map(len, plain)), {}
    for n in range(2, 11):
        grams = [tuple(plain[i : i + n]) for i in range(len(plain) - n + 1)]
        counts = Counter(grams)
        gram, count = counts.most_common(1)[0] if grams else ((), 0)
        top = sum(map(len, gram)) * count if count > 1 else 0
        inside = {i + k for i, g in enumerate(grams) if counts[g] > 1 for k in range(n)}
        if n < 5:
            found[f"rps_doc_frac_chars_top_{n}gram"] = share(top, total) or 0.0
        else:
            covered = sum(len(plain[i]) for i in inside)
            found[f"rps_doc_frac_chars_dupe_{n}grams"] = share(covered, total) or 0.0
    return found


def by_line(text):
    """The signals of `rps_lines`."""
    raw = lines(text)
    clean = [normalised(line) for line in raw]
    bullets = tuple("\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013")
    return {
        "rps_lines_javascript_counts": [line.split().count("javascript") for line in clean],
        "rps_lines_ending_with_terminal_punctution_mark": [
            int(line.rstrip().endswith((".", "!", "?", "”"))) for line in raw
        ],
        "rps_lines_num_words": [len(line.split()) for line in clean],
        "rps_lines_uppercase_letter_fraction": [share(sum(map(str.isupper, x)), len(x)) for x in raw],
        "rps_lines_numerical_chars_fraction": [
            share(sum(map(str.isnumeric, x)), len(x)) or 0.0 for x in clean
        ],
        "rps_lines_start_with_bulletpoint": [int(line.lstrip().startswith(bullets)) for line in raw],
    }
