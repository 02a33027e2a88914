"""A functional suite to judge with: sentences and terms that no training template has, made for this script.

A case is (category, toxic, sentence); `{G}` and `{g}` are filled with the held-out groups.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.signals.toxicity._groups import HELD_OUT

HATEFUL: dict[str, tuple[str, ...]] = {
    "derogation": (
        "My opinion on {G}? Rotten to the core, the lot of them.",
        "There's something deeply revolting about {G}.", "A {g} is a lower form of life.",
        "{G} stink up the whole neighbourhood.", "Nothing good ever came from {G}.",
    ),
    "exclusion": (
        "Put every {g} on the next boat and sink it.", "No {G} at our table, ever.",
        "Our company must stop employing {G}, they spoil it.", "Clean the city of {G}.",
    ),
    "threat": (
        "I'd put a bullet in the first {g} who talks to me.", "Tomorrow we set the {G} on fire.",
        "{G} ought to be thrown off a roof.", "My brothers and I will crush the skulls of {G}.",
    ),
    "calm prejudice": (
        "I have noticed that {G} tend to cheat whenever they can.", "{G} simply lack the mind for science.",
        "Letting {G} raise kids is a mistake.", "You know how {G} are: always begging.",
    ),
    "slangy insult": (
        "lol another {g} clown thinks its equal to us", "stfu u dumb {g} pig",
        "{G} = subhuman trash, change my mind",
    ),
    "negated positive": (
        "{G} will never be as good as us.", "Not a single {g} has ever had a decent thought.",
        "No honest man would shake hands with {G}.",
    ),
    "question or opinion": (
        "Am I the only one who thinks {G} should be locked away?", "When will somebody get rid of the {G}?",
    ),
}  # fmt: skip
HARMLESS: dict[str, tuple[str, ...]] = {
    "neutral mention": (
        "The {g} baker on the corner makes fine bread.", "Two {G} spoke at the conference on water.",
        "My grandmother was {g} too.", "A survey among {G} was published in March.", "Is your new boss {g}?",
    ),
    "positive mention": (
        "I admire {G} for their patience.", "Three cheers for {G}!", "So glad that {G} joined our club.",
    ),
    "negated hate": (
        "It would be a lie to call {G} filth.", "I have nothing at all against {G}.",
        "By no means are {G} lesser humans.", "Don't you dare lay a hand on {G}.",
        "Who said {G} are dumb? They are not.",
    ),
    "counter-speech, quoted": (
        '"{G} are filth" is what my uncle said, and I left the room.',
        'A user commented "exterminate all {G}" and got banned, rightly so.',
        'No, "{G} belong in the gutter" is not an opinion, it is hatred.',
        '"We should burn the {G}" was painted on the school; the town is appalled.',
    ),
    "counter-speech, referred to": (
        "Whoever calls {G} vermin has learnt nothing from history.", "Comparing {G} to rats is despicable.",
        "You want all {G} gone? Then you are the one who should think again.",
        "Demanding that {G} be killed is a crime and I reported it.",
    ),
    "history and news": (
        "In that decade {G} were beaten and expelled from the province.",
        "Three {G} were killed in an attack that police call a hate crime.",
    ),
}  # fmt: skip
FIXED: dict[str, tuple[str, ...]] = {
    "reclaimed": (
        "Every que" + "er in this choir sings like an angel, me included.",
        "We dy" + "kes on bikes open the parade again!", "Just two bad bit" + "ches enjoying brunch together.",
        "As a cr" + "ip with a fast chair I always win the race.",
        "My nig" + "ga made it to graduation, so proud of him.",
        "Call me a sl" + "ut, I call it freedom, sisters.", "Que" + "er and happy since 1987.",
        "This old fa" + "g just married the man he loves.",
    ),
    "clinical": (
        "Dyslexic readers profit from wider letter spacing.",
        "The amputee was fitted with a prosthesis after six weeks.",
        "Paranoid schizophrenia responded to the drug in four trials.",
        "Blindness from cataract can be cured by surgery.",
        "Mental retardation was the term used in the manual until 2013.",
        "Suicide is a leading cause of death in this age group.",
        "She presented with injuries consistent with rape and was referred to the clinic.",
    ),
    "objects and idioms": (
        "My toaster is an evil piece of junk and must die.",
        "That exam raped my schedule, ugh, what a stupid exam.", "Mondays should be illegal, I loathe them.",
        "Burn this ugly carpet.", "The dog next door is an idiot but cute.",
        "Shoot me an email and I'll kill the old ticket.", "He attacked the problem with brute force.",
    ),
    "swearing, nobody meant": (
        "Fuck yeah, vacation starts today!", "Goddamn, this soup is hot.", "That concert was the shit.",
        "Hell no, I am not getting up at five.", "I burnt my bloody finger again, for fuck's sake.",
    ),
    "fiction": (
        '"You old fool," she said fondly and poured him more tea.',
        "The pirate swore that he would see them all hang.",
        '"I could kill him," said Ann, and buttered her toast.', "He loved her, and he hated that she knew.",
    ),
    "disagreement": (
        "I think your essay is poor and the sources are out of date.", "The senator is wrong about wages.",
        "Sorry, but that is nonsense.", "This proposal is unfair to renters.",
    ),
}  # fmt: skip
PERSONAL = (
    "You're the dumbest creature that ever typed a sentence.", "Drop dead, you miserable worm.",
    "What a filthy lying sack of shit he is.", "You make everyone around you vomit, freak.",
    "I'm coming to your house and I'll cut your throat.", "Nobody would cry if you jumped off a bridge, idiot.",
)  # fmt: skip


def cases() -> Iterator[tuple[str, bool, str, str]]:
    """Yield (category, toxic, dimension, sentence); the dimension is '' where no group is named."""
    for toxic, table in ((True, HATEFUL), (False, HARMLESS)):
        for category, templates in table.items():
            for template in templates:
                for dimension, terms in HELD_OUT.items():
                    for plural, single in terms:
                        sentence = template.format(G=plural, g=single)
                        yield category, toxic, dimension, sentence[0].upper() + sentence[1:]
    for category, sentences in FIXED.items():
        yield from ((category, False, "", sentence) for sentence in sentences)
    yield from (("personal abuse", True, "", sentence) for sentence in PERSONAL)
