"""Abstention with an answer beside it, untrue assumptions, and yes or no with a full sentence."""

import json

import pytest

from verifiers.grounded import check


def reference(question: str, *answers: str, passages: list[str]) -> str:
    return json.dumps({"passages": passages, "question": question, "answers": answers, "forbidden": []})


TOWER = ["The tower in Oslo opened on 12 March 1998. Ann Reed, who lives in Lima, drew it."]
WHEN = reference("When did the bridge in Glasgow open?", passages=TOWER)
WHERE = reference("Where does Bob live?", passages=TOWER)
WHETHER = reference("Did the bridge in Glasgow open in spring?", passages=TOWER)
HEAVY = ["Jon Brower Minnoch was the heaviest man of his time. He did not suffer from anorexia: in 1978 he had 635 kg."]
WHY = reference("Why is it so that Jon Brower Minnoch suffered from anorexia?", passages=HEAVY)
PATENTS = [
    "Karaoke was patented in the Philippines by Roberto del Rosario.",
    "The turtle power tiller was patented in the Philippines, too, by Magdalena Villaruz, in 1986.",
]
SAME = reference(
    "Were Karaoke and the turtle power tiller patented in the same country?", "yes", passages=PATENTS
)  # fmt: skip

RIGHT = [
    (WHEN, "The passage does not say. The tower in Oslo opened in 1998."),
    (WHEN, "The passage does not say, but it mentions Oslo."),
    (WHEN, "The passage does not say. It is only about Oslo."),
    (WHEN, "No. The passage does not say it."),
    (WHEN, "The text does not say so."),
    (WHERE, "The passage does not say, but Ann lives in Lima."),
    (WHERE, "The passage does not say. Passage 1 is about Oslo."),
    (WHETHER, "The passage does not say. No one knows."),
    (WHETHER, "The passage does not say whether, yes or no."),
    (WHETHER, "The passage does not say, but the tower did in 1998."),
    (WHY, "That is not so: Jon Brower Minnoch did not suffer from anorexia."),
    (WHY, "That is not so. He was heavy."),
    (WHY, "The passage does not say. Jon Brower Minnoch, 1978."),
    (WHY, "That isn't so, so there is no reason."),
    (WHY, "No. That is not true."),
    (WHY, "Yes, it is not true that he suffered from it."),
    (WHY, "No, he did not. That is not true: he had 635 kg in 1978."),
    (WHY, "That is not true, because he had 635 kg."),
    (SAME, "Yes. Karaoke and the turtle power tiller were patented in the same country."),
    (SAME, "Yes, Karaoke and the turtle power tiller were both patented in the same country."),
]
WRONG = [
    (WHEN, "The passage does not say. Yes.", "hedged"),
    (WHEN, "Yes. The passage does not say.", "hedged"),
    (WHEN, "Yes, the passage does not say.", "hedged"),
    (WHEN, "The passage does not say, but yes.", "hedged"),
    (WHETHER, "The passage does not say, yes.", "hedged"),
    (WHEN, "The passage does not say. 12 March 1998.", "hedged"),
    (WHEN, "The passage does not say, but it opened in 1998.", "hedged"),
    (WHEN, "The passage does not say, but the bridge opened on 12 March 1998.", "hedged"),
    (WHERE, "Lima. The passage does not say.", "hedged"),
    (WHERE, "The passage does not say: in Lima, Oslo.", "hedged"),
    (WHETHER, "The passage does not say, but no.", "hedged"),
    (WHETHER, "No. The passage does not say.", "hedged"),
    (WHETHER, "No, it did not. The passage does not say.", "hedged"),
    (WHETHER, "The passage does not say. True.", "hedged"),
    (WHETHER, "The passage does not say: the bridge, yes", "hedged"),
    (WHY, "Yes. That is not true.", "hedged"),
    (WHY, "Because the passage says so. That is not true.", "hedged"),
    (SAME, "Yes. " + " ".join(PATENTS), "copied"),
    (SAME, "Yes. " + 2 * "Karaoke and the turtle power tiller were patented in the same country. ", "copied"),
    (SAME, "Karaoke and the turtle power tiller were patented in the same country.", "copied"),
    (SAME, "No. Karaoke and the turtle power tiller were patented in the same country.", "wrong"),
]


@pytest.mark.parametrize(("given", "response"), RIGHT)
def test_right_responses(given, response):
    assert check(response, given) == (1.0, "correct")


@pytest.mark.parametrize(("given", "response", "reason"), WRONG)
def test_wrong_responses(given, response, reason):
    assert check(response, given) == (0.0, reason)
