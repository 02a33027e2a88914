"""Templates of hateful and abusive sentences, made for this script; `{G}` is a group, `{g}` one of it."""

from __future__ import annotations

BEASTS = (
    "animals", "rats", "vermin", "cockroaches", "parasites", "dogs", "pigs", "savages", "monkeys", "insects",
    "leeches", "monsters", "garbage", "filth", "scum", "trash", "a disease", "a plague",
)  # fmt: skip
FAULTS = (
    "stupid", "dirty", "lazy", "disgusting", "evil", "worthless", "inferior", "dumb", "filthy", "violent",
    "greedy", "sick", "ugly", "liars", "criminals", "thieves", "rapists", "terrorists", "idiots", "weak",
    "useless", "retarded", "mentally ill", "repulsive", "subhuman", "pathetic", "cowards",
)  # fmt: skip
HARMS = ("shot", "hanged", "killed", "gassed", "burned alive", "beaten", "wiped out", "exterminated", "stabbed",
         "drowned", "put down", "slaughtered", "tortured", "raped", "lynched", "executed")  # fmt: skip
DEEDS = (
    "kill",
    "hurt",
    "shoot",
    "beat up",
    "punch",
    "stab",
    "attack",
    "rape",
    "hang",
    "burn",
    "kick",
    "murder",
)
CURSES = ("fucking", "damn", "goddamn", "bloody", "filthy", "stupid", "disgusting", "dirty")
PLACES = (
    "this country",
    "our town",
    "our schools",
    "Europe",
    "America",
    "the army",
    "my street",
    "public office",
)

# level 3: overt hatred or superiority
OVERT = (
    "No {g} has ever earned an honest living.", "{G} never did anything useful for anyone.",
    "Not one of those {G} deserves a home here.", "I would never share a meal with {G}.",
    "None of the {G} should get a visa, a job or a vote.", "Nobody would notice if {G} vanished.",
    "{G} don't know the first thing about decency.", "We do not serve {G}.", "Fire every {g} on the staff.",
    "Lock up all the {G} and lose the key.", "{G} out, {place} is ours.", "{G} have never built anything.",
    "Let's be honest, {G} are {beast}.", "{G} are nothing but {beast}.", "God, how I hate {G} these days.",
    "honestly i fucking hate {G} so much", "As a rule {G} are {fault}.", "{G} are all {fault} {beast}.",
    "Every {g} person I ever met was {fault}.", "I can't stand {G}, they are {fault}.",
    "Just looking at {G} makes me ill.", "The smell of {G} disgusts my whole family.",
    "{curse} {G}, go back to where you came from.", "Get {G} out of {place}.", "We should deport all {G}.",
    "{G} do not belong in {place}.", "Science shows that {G} are inferior to the rest of us.",
    "{G} don't deserve any rights.", "{G} should not be allowed to breed.",
    "There is no place for {G} in {place}.", "You {curse} {g} piece of shit.",
    "Listen, you {curse} {g} {beast1}, leave.", "so yeah, fuck {G} and their friends",
    "Fuck all {G}, seriously.", "In my eyes {G} do not count as human beings.",
    "The world would be better without {G}.", "{G} ruin everything they touch.",
    "Nobody wants {G} in {place}.", "God hates {G}.", "Ban all {G} from {place}.",
    "My birthday wish: that {G} die out soon.", "Being {g} is a disgusting sickness.",
    "What a bunch of {curse} {G}.", "{G} are a cancer on {place}.", "I despise {G} more than any illness.",
    "Look at {G}, scum of this earth.", "I don't want any {G} near my children.", "{G} belong in a cage.",
    "{G} belong in a zoo.", "No one will ever love a {fault} {g} like you.",
    "those {curse} {G} again, send them all away", "Why are {G} so {fault}?",
    "{G} have no brains and no honour.", "I'd rather die than live next to {G}.",
    "Treat {G} like the {beast} they are.", "Typical {g}, {fault} and {fault2}.",
    "{G} are the reason everything is going to hell.", "I will never respect {G}.",
    "{G} are lower than {beast}.", "We must keep {G} out of {place} at all costs.",
    "It is a shame that {G} exist.", "{G} should be slaves.", "{G} should know their place and shut up.",
    "It's disgusting that {G} can walk around freely.",
)  # fmt: skip
# level 3, and violence 3
THREATS = (
    "In my opinion {G} should get {harm} in public.", "Before summer {G} must all be {harm}.",
    "I will {deed} every {g} I see.", "Let's {deed} some {G} tonight.",
    "Some days I want to {deed} {G} with my own hands.", "Someone should {deed} all {G}.",
    "As far as I care {G} deserve to be {harm}.", "Who will help me kill {G} this weekend?",
    "I'm going to {deed} you, you {curse} {g}.", "If a {g} moves in here I'll {deed} them.",
    "I hope {G} get {harm}.", "The only good {g} is a dead one.", "{G} need to be {harm}, all of them.",
    "Gas the {G}.", "Death to {G} and their children!", "Time to {deed} the {G} next door.",
    "Grab a gun and {deed} the {G}.", "I'd love to see {G} {harm}.",
    "One day we will come for the {G} and none will be left.", "Next time I see a {g} I'm bringing a knife.",
    "{G}, we are coming for you, you will all be {harm}.",
)  # fmt: skip
# level 1 and 2: prejudice in calm words
IMPLIED = (
    "My father taught me never to trust {G}.", "{G} are just not as clever as the rest of us.",
    "{G} only come here to live off benefits.", "{G} can't drive, everybody knows it.",
    "I'm not prejudiced, but {G} do smell.", "{G} always play the victim.",
    "It's no surprise that {G} commit most of the crimes.", "{G} should stay where they belong.",
    "I would never hire a {g} person.", "I would not let my daughter marry a {g}.",
    "{G} are good for nothing but cooking.", "{G} are too emotional to be in charge.",
    "{G} get everything handed to them.", "{G} control the banks and the media.",
    "{G} are taking over and nobody says a word.", "{G} shouldn't be teaching our children.",
    "{G} are a burden on society.", "What do you call a bus full of {G} going over a cliff? A good start.",
    "{G} just want attention.", "Of course it was a {g} who stole it.", "{G} shouldn't vote.",
    "{G} don't pull their weight.", "I don't think {G} should be allowed in {place}.", "{G} are a joke.",
    "Real work is not something {G} understand.", "{G} bring it on themselves.",
    "Life was better before the {G} arrived.", "You look like a {g}, lol, what a freak.",
    "Another {g} who can't do the job, what a surprise.", "Honestly {G} are confused and need a doctor.",
    "You're pretty smart for a {g}.", "{G} breed too much.", "Watch your wallet when {G} are around.",
    "{G} will never be like normal people.", "It's not natural to be {g}.",
    "{G} ought to be grateful we let them stay.",
)  # fmt: skip
# abuse of one person: toxic, no dimension; and threats: violence
INSULTS = (
    "You are a {fault} idiot.", "Shut up, you {curse} moron.", "You're pathetic and nobody likes you.",
    "What a {curse} piece of shit you are.", "Go to hell, you {curse} bastard.",
    "You are a worthless human being.", "She is a lying, {fault} bitch.", "He is such a {curse} asshole.",
    "Nobody will miss you when you're gone.", "You are too {fault} to live.",
    "Your face makes me want to puke.", "Fuck you, you {fault} loser.",
    "Crawl back into your hole, you {beast1}.", "I hate you, you disgusting {beast1}.", "Eat shit, you clown.",
    "You're as dumb as a brick, delete your account.", "Suck my dick, you little bitch.",
    "Kill yourself, loser.", "Your mother is a whore.", "You stupid fat cow, stop talking.",
    "Get lost, you {fault} scumbag.", "Everything you write is garbage, you brainless {beast1}.",
    "This guy is a complete retard.", "You ignorant jackass, learn to read.",
    "I spit on you and your whole family.",
)  # fmt: skip
MENACES = (
    "I'm going to {deed} you.", "I will find you and {deed} you.", "You'd better watch out or I'll {deed} you.",
    "I hope somebody will {deed} you soon.", "You deserve to be {harm}.", "I know where you live, you're dead.",
    "Someone should {deed} him in his sleep.", "I'll break every bone in your body.",
    "Keep talking and you will be {harm}.", "I hope your whole family gets {harm}.",
)  # fmt: skip
