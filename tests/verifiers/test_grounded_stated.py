"""Answers in whole sentences: names with digits, answers with a comma, cited passages, what is denied or is larger."""

import json

import pytest

from verifiers.grounded import check


def reference(question: str, *answers: str, passages: list[str]) -> str:
    return json.dumps({"passages": passages, "question": question, "answers": answers, "forbidden": []})


CONCERTS = ["U2 played in Berlin. The B12 bus goes there, and 3M has a plant.", "Students of CHE101 went to Rome."]
BAND = reference("Who played in Berlin?", "U2", passages=CONCERTS)
BUS = reference("Which bus goes to Berlin?", "B12", passages=CONCERTS)
PLANT = reference("Who has a plant?", "3M", passages=CONCERTS)
COURSE = reference("Which course went to Rome?", "CHE101", passages=CONCERTS)
LIVES = [
    "Tom lives in São Paulo, Brazil. Eva lives in Lima, Peru.",
    "Bo and Al founded the firm, which is old. Cy left it.",
]
TOWN = reference("Where does Tom live?", "São Paulo, Brazil", passages=LIVES)
FIRM = reference("Who started the firm?", "Bo and Al", passages=LIVES)
OPENED = ["The museum in Glasgow opened on March 12, 1998. It closed on May 3, 2001."]
DAY = reference("When did the museum open?", "March 12, 1998", passages=OPENED)
BUILT = ["Zaha Hadid designed the hall. She did not build the bridge.", "Ann Lee drew the bridge and denies it."]
HALL = reference("Who designed the hall?", "Zaha Hadid", passages=BUILT)
NOT_BUILT = reference("Who did not build the bridge?", "Zaha Hadid", passages=BUILT)
BRIDGE = reference("Who drew the bridge?", "Ann Lee", passages=BUILT)
FARMS = ["Cy has three cows and 4 million bees.", "Thirty-three goats and a hundred hens are in the barn."]
COWS = reference("How many cows has Cy?", "three", passages=FARMS)
BEES = reference("How many bees has Cy?", "4", "4 million", passages=FARMS)
MILLIONS = reference("How many million bees has Cy?", "4", passages=["Cy has 4,000,000 bees."])
BARN = reference("Is there a hen in the barn?", "yes", passages=FARMS)

RIGHT = [
    (BAND, "U2"),
    (BAND, "U2 played there."),
    (BAND, "_U2_ played in Berlin."),
    (BUS, "The B12."),
    (PLANT, "It is 3M."),
    (COURSE, "CHE101 went to Rome."),
    (TOWN, "Tom lives in São Paulo, Brazil."),
    (TOWN, "São Paulo (Brazil)"),
    (FIRM, "It was founded by Bo and Al."),
    (FIRM, "Bo and Al founded the firm, which is old."),
    (DAY, "The museum opened on March 12, 1998 in Glasgow."),
    (DAY, "It opened on March 12 1998."),
    (HALL, "Zaha Hadid, who did not build the bridge, designed it."),
    (HALL, "Zaha Hadid did not build the bridge but designed the hall."),
    (HALL, "It was none other than Zaha Hadid."),
    (HALL, "No doubt it was Zaha Hadid."),
    (NOT_BUILT, "Zaha Hadid did not build it."),
    (BRIDGE, "The one who denies it, Ann Lee."),
    (BRIDGE, "The one who denies having drawn it is Ann Lee."),
    (COWS, "Cy has three cows."),
    (COWS, "Of a hundred animals three."),
    (BEES, "4 million bees."),
    (MILLIONS, "4 million."),
    (BARN, "Yes, according to Passage 2."),
    (BARN, "Yes, passages 1 and 2 say so."),
    (COWS, "Document 1 says three."),
]
WRONG = [
    (BAND, "U3", "wrong"),
    (BAND, "U2 and 3M", "hedged"),
    (BAND, "U2 with B52", "unsupported"),
    (BAND, "U2 in _Paris_.", "unsupported"),
    (TOWN, "São Paulo, Brazil, Lima, Peru", "hedged"),
    (TOWN, "Not in São Paulo, Brazil.", "wrong"),
    (TOWN, "ꙮ", "wrong"),
    (TOWN, "Not São Paulo, Brazil. ꙮ", "wrong"),
    (FIRM, "Bo and Al and Cy", "hedged"),
    (FIRM, "Bo and Al or Cy and Tom.", "hedged"),
    (DAY, "March 12, 1998, May 3, 2001", "hedged"),
    (HALL, "Zaha Hadid did not design it.", "wrong"),
    (HALL, "Zaha Hadid didn't design it.", "wrong"),
    (HALL, "Zaha Hadid never designed it.", "wrong"),
    (HALL, "someone other than Zaha Hadid", "wrong"),
    (HALL, "Everyone but Zaha Hadid.", "wrong"),
    (HALL, "I doubt that it was Zaha Hadid", "wrong"),
    (HALL, "I do not think that it was Zaha Hadid.", "wrong"),
    (COWS, "three hundred", "wrong"),
    (COWS, "thirty-three", "wrong"),
    (COWS, "3 million", "wrong"),
    (COWS, "three dozen", "wrong"),
    (COWS, "A hundred and three.", "wrong"),
    (BARN, "Yes, according to Passage 5.", "unsupported"),
    (BARN, "Yes, 1 and 2.", "unsupported"),
]


@pytest.mark.parametrize(("given", "response"), RIGHT)
def test_right_responses(given, response):
    assert check(response, given) == (1.0, "correct")


@pytest.mark.parametrize(("given", "response", "reason"), WRONG)
def test_wrong_responses(given, response, reason):
    assert check(response, given) == (0.0, reason)
