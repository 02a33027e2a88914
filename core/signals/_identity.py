"""English words that name a group of people, by the dimension along which toxicity is measured; no slurs."""

from __future__ import annotations

_TERMS = {
    "race_origin": """
        black blacks white whites asian asians african africans arab arabs mexican mexicans latino latinos latina
        latinas latinx hispanic hispanics indian indians chinese japanese korean koreans vietnamese filipino
        filipinos pakistani pakistanis nigerian nigerians somali somalis syrian syrians afghan afghans iranian
        iranians iraqi iraqis palestinian palestinians israeli israelis turk turks turkish roma romani gypsy gypsies
        irish italians poles negro negroes caucasian caucasians aboriginal aborigines indigenous immigrant
        immigrants migrant migrants refugee refugees foreigner foreigners cuban cubans haitian haitians colored
        coloured minorities ethnic natives asylum""",
    "gender_sex": """
        woman women girl girls female females lady ladies wife wives mother mothers men boys male males gay gays
        lesbian lesbians homosexual homosexuals bisexual bisexuals trans transgender transgendered transsexual
        transsexuals queer queers nonbinary intersex feminist feminists lgbt lgbtq drag""",
    "religion": """
        muslim muslims islam islamic jew jews jewish judaism christian christians catholic catholics protestant
        protestants hindu hindus sikh sikhs buddhist buddhists mormon mormons atheist atheists quaker quakers
        evangelical evangelicals zionist zionists amish""",
    "ability": """
        disabled disability disabilities autistic autism deaf blind wheelchair wheelchairs amputee amputees dyslexic
        dyslexia epileptic epileptics schizophrenic schizophrenics bipolar handicapped paralysed paralyzed
        paraplegic paraplegics crippled""",
}
TERMS: dict[str, frozenset[str]] = {
    dimension: frozenset(words.split()) for dimension, words in _TERMS.items()
}
ALL = frozenset().union(*TERMS.values())
