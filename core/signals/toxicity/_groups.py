"""Names of groups for the templates: some to train on, others kept back to judge with."""

from __future__ import annotations

# dimension: plural, "singular or adjective"; a term stands in one of the two sets only.
TRAINED: dict[str, tuple[tuple[str, str], ...]] = {
    "race_origin": (
        ("black people", "black"), ("white people", "white"), ("Asians", "Asian"), ("Mexicans", "Mexican"),
        ("Arabs", "Arab"), ("immigrants", "immigrant"), ("refugees", "refugee"), ("Chinese people", "Chinese"),
        ("Indians", "Indian"), ("Africans", "African"), ("foreigners", "foreign"), ("blacks", "black"),
        ("Latinos", "Latino"), ("Pakistanis", "Pakistani"), ("Poles", "Polish"), ("migrants", "migrant"),
        ("Native Americans", "Native American"), ("Turks", "Turkish"), ("people of color", "brown"),
    ),
    "gender_sex": (
        ("women", "female"), ("men", "male"), ("girls", "girl"), ("gays", "gay"), ("lesbians", "lesbian"),
        ("gay people", "gay"), ("trans people", "trans"), ("transgender people", "transgender"),
        ("feminists", "feminist"), ("homosexuals", "homosexual"), ("bisexuals", "bisexual"),
        ("trans women", "trans"), ("females", "female"), ("gay men", "gay"), ("mothers", "woman"),
    ),
    "religion": (
        ("Muslims", "Muslim"), ("Jews", "Jewish"), ("Christians", "Christian"), ("Hindus", "Hindu"),
        ("Catholics", "Catholic"), ("atheists", "atheist"), ("Jewish people", "Jewish"),
        ("Muslim people", "Muslim"), ("Protestants", "Protestant"),
    ),
    "ability": (
        ("disabled people", "disabled"), ("the disabled", "disabled"), ("autistic people", "autistic"),
        ("deaf people", "deaf"), ("wheelchair users", "wheelchair-bound"), ("the mentally ill", "mentally ill"),
        ("people with Down syndrome", "disabled"), ("people with disabilities", "disabled"),
        ("handicapped people", "handicapped"), ("epileptics", "epileptic"),
    ),
}  # fmt: skip

HELD_OUT: dict[str, tuple[tuple[str, str], ...]] = {
    "race_origin": (
        ("Somalis", "Somali"), ("Vietnamese people", "Vietnamese"), ("Romani people", "Romani"),
        ("Irish people", "Irish"), ("Nigerians", "Nigerian"), ("Syrians", "Syrian"), ("Cubans", "Cuban"),
        ("Aboriginal people", "Aboriginal"), ("asylum seekers", "Afghan"), ("Koreans", "Korean"),
    ),
    "gender_sex": (
        ("queer people", "queer"), ("nonbinary people", "nonbinary"), ("intersex people", "intersex"),
        ("wives", "housewife"), ("ladies", "lady"), ("drag queens", "drag queen"),
    ),
    "religion": (
        ("Sikhs", "Sikh"), ("Mormons", "Mormon"), ("Buddhists", "Buddhist"), ("believers in Islam", "Islamic"),
        ("Quakers", "Quaker"),
    ),
    "ability": (
        ("blind people", "blind"), ("dyslexic people", "dyslexic"), ("amputees", "amputee"),
        ("people in wheelchairs", "paralysed"), ("schizophrenics", "schizophrenic"),
    ),
}  # fmt: skip
