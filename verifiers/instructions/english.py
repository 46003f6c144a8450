"""The word lists that some of IFBench's instructions mean: they ask for English words."""

import re

from verifiers.instructions import text as of


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Function words as NLTK's English list has them, with the halves of contractions that a token leaves.
STOP_WORDS = _words("""
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those am is are was were be
    been being have has had having do does did doing a an the and but if or because as until while of at by for with
    about against between into through during before after above below to from up down in out on off over under
    again further then once here there when where why how all any both each few more most other some such no nor not
    only own same so than too very can will just should now s t d ll m o re ve y don ain aren couldn didn doesn hadn
    hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn
""")
CONJUNCTIONS = _words("""
    for and nor but or yet so
""")
PRONOUNS = _words("""
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves
""")
# The names that the instruction's own text offers.
NAMES = _words("""
    Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin
    Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria
    Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella
    Jonathan
""")
MINOR_WORDS = _words("""
    a an the and but or nor for so yet as at by in of off on per to up via from into like near onto over past than
    with upon about down out if is vs de la
""")
AUXILIARIES = _words("""
    am is are was were be been being isnt arent wasnt werent have has had havent hasnt hadnt do does did dont doesnt
    didnt can could cant couldnt will would wont wouldnt shall should shouldnt may might must mustnt lets
""")
# Base forms of the verbs that answers begin with, and the common ones besides.
VERBS = _words("""
    accept access achieve act adapt add address adjust admire admit adopt advise affect agree aim allow analyze
    analyse announce answer anticipate apologize appear apply appoint appreciate approach approve argue arise
    arrange arrive ask assemble assess assign assist assume attach attack attempt attend avoid await bake balance
    base bear beat become begin behold believe bend bet bind bite blend block blow boil boost borrow bounce break
    breathe bring browse brush build burn burst buy calculate call capture care carry cast catch cause celebrate
    change charge chase chat check cherish choose chop circle claim clarify classify clean clear click climb close
    coat collaborate collect combine come commit communicate compare compile complete compose compute conclude
    conduct confirm connect consider consist construct consult contact contain continue contribute control convert
    cook cool copy correct count cover craft create cross cultivate cut dance dare deal decide declare decrease
    define delete deliver delve demand demonstrate depend derive describe design desire destroy determine develop
    devote differ dig disagree discover discuss display distinguish dive divide download drag draw dream dress drink
    drive drop eat edit educate elaborate eliminate embark embrace employ enable encounter encourage end engage
    enhance enjoy ensure enter envision escape establish estimate evaluate examine exchange execute exercise exist
    expand expect experience experiment explain explore express extend extract face fail fall fasten favor feed feel
    fetch fight fill filter find finish fit fix flip float flow fly focus fold follow force forget forgive form
    foster free freeze fry fulfill gain gather gaze generate get give glance go grab grant grasp greet grill grind
    grow guess guide handle hang happen harness hate head heal hear heat help hide highlight hire hit hold hope host
    hurry identify ignite ignore illustrate imagine implement import improve include incorporate increase indulge
    inform insert inspect inspire install integrate intend introduce invent invest investigate invite involve
    iterate jog join journey judge jump justify keep kick kill kiss knock know label land last laugh launch lay lead
    lean leap learn leave lend let leverage lie lift light limit link list listen live load locate lock log look
    lose love lower maintain make manage mark marvel master match maximize mean measure meet melt mention merge
    minimize miss mix modify monitor motivate mount move multiply name narrow navigate need negotiate note notice
    notify nurture obey observe obtain occur offer open operate optimize order organize overcome owe own pack paint
    pair park participate pass paste pause pay perform permit persist pick picture place plan plant play plot point
    polish ponder pour practice praise pray predict prefer prepare present preserve press prevent print prioritize
    proceed process produce program promise promote propose protect prove provide publish pull purchase push put
    question quit quote race raise reach react read realize recall receive recognize recommend reconsider record
    reduce refer reflect refrain refuse regard register reject relate relax release rely remain remember remind
    remove rename render repair repeat replace reply report represent request require research reserve resist
    resolve respect respond rest restore result retain return reveal reverse review revise ride ring rinse rise
    roast roll rotate round rub run rush sail save say scan schedule score scroll search season secure see seek seem
    select sell send sense separate serve set settle shake shape share shift shine shoot shop show shut sign simmer
    simplify simulate sing sit skip sleep slice slide smile soak solve sort sound spark speak specify spend spin
    split spread sprinkle stand stare start state stay steal step stick stir stop store strengthen stretch strike
    strive structure struggle study submit substitute subtract succeed suffer suggest summarize supply support
    suppose surround survive sweep swim switch take talk target taste teach tear tell tend test thank think throw
    tie toss touch track trade train transfer transform translate travel treat trim trust try turn type uncover
    understand unleash unlock unveil update upgrade upload urge use utilize validate value vary verify view visit
    visualize wait wake walk wander want warm warn wash watch wave wear weave weigh welcome whisk whisper win wind
    wipe wish witness wonder work worry wrap write yield zoom
""")
IRREGULAR = _words("""
    began begun beheld bent bit blew blown bore born bought bound broke broken brought built came caught chose
    chosen dealt done drank drawn drew driven drove dug drunk eaten ate fallen fed fell felt flew flown forgave
    forgot forgotten forgiven fought found froze frozen gave given gone got gotten grew grown heard held hid hidden
    hung kept knew known laid led left lent lost lying made meant met paid ran rang ridden risen rode rose rung said
    sang sat saw seen sent shaken shone shook shot shown slept slid sold spent spoke spoken spun stood stole stolen
    struck stuck sung swam swept swum taken taught thought threw thrown told took tore torn tying understood went
    woke woken won wore worn wove woven written wrote
""")
SILENT = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)e\b|[^aeiouytd]ed\b|[^aeiouyscgzxh]es\b|[^cs]hes\b")
VOWELS = re.compile(r"[aeiouy]+")
# Words whose vowels mislead: two vowels that are two syllables, or an e that is silent inside.
SYLLABLES = {
    "area": 3, "being": 2, "business": 2, "create": 2, "created": 3, "doing": 2, "every": 2, "everyone": 3,
    "everything": 3, "evening": 2, "going": 2, "idea": 3, "ideas": 3, "lion": 2, "poem": 2, "poet": 2, "quiet": 2,
    "science": 2, "seeing": 2, "something": 2, "sometimes": 2, "someone": 2, "the": 1, "people": 2, "different": 3,
    "giant": 2, "trying": 2, "flying": 2, "society": 4, "variety": 4, "real": 1, "really": 2, "usually": 4,
    "actually": 4, "diet": 2, "client": 2, "hello": 2, "me": 1, "be": 1, "he": 1, "she": 1, "we": 1, "maybe": 2,
}  # fmt: skip


def is_verb(word: str) -> bool:
    """Whether a word is a form of a common English verb; "write", "Writing" and "wrote" are."""
    word = word.lower()
    if word in VERBS or word in AUXILIARIES or word in IRREGULAR:
        return True
    stems = [word.removesuffix(end) for end in ("s", "es", "ed", "d", "ing") if word.endswith(end)]
    stems += [word[: -len(end)] + "y" for end in ("ies", "ied") if word.endswith(end)]
    stems += [stem + "e" for stem in stems] + [stem[:-1] for stem in stems if stem[-1:] == stem[-2:-1]]
    return any(stem in VERBS for stem in stems)


def count_syllables(word: str) -> int:
    """By the rules of spelling: groups of vowels, less a silent e, with the common exceptions. An estimate; at least
    one."""
    word = of.unaccented(word.lower())
    if word in SYLLABLES:
        return SYLLABLES[word]
    count = len(VOWELS.findall(word))
    count += len(re.findall(r"i[ao](?!us|n\b|ns\b|nal)|[^q]u[ao]|[aeo]ing\b|eo(?!u)|ism\b", word))
    count -= SILENT.search(word) is not None
    count -= len(re.findall(r"[^aeiouy]e(?:ly|ment|ful|less|ness)", word))
    return max(count, 1)
