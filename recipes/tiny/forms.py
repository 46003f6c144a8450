"""A verifier of tiny's own, named in its rows by path as a user's would be."""

import json

from verifiers import instructions
from verifiers.verdict import WRONG, Verdict

MARKS = {"detectable_format:title": "<<", "detectable_content:postscript": "P.S.", "startend:quotation": '"'}


def asked_alone(response: str, reference: str) -> Verdict:
    """every constraint is followed, and there are no title, postscript or quotation marks that nobody asked for

    IFEval's constraints alone are met by a text that always has all of them, which general RL finds."""
    verdict = instructions.check(response, reference)
    asked = json.loads(reference)["instruction_id_list"]
    added = any(mark in response for wish, mark in MARKS.items() if wish not in asked)
    return WRONG if added and verdict.score else verdict
