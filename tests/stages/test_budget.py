"""What a thinking budget writes, and which tokens it leaves to the model."""

from stages import budget


def test_the_words_are_the_report_s(tokenizer):
    assert budget.END.strip().splitlines() == [budget.SENTENCE, "</think>"]
    assert tokenizer.decode(budget.end_ids(tokenizer)) == budget.END


def test_own_tokens():
    end = [7, 8, 9]
    assert budget.own_tokens([1, 2, 7, 8, 9, 3], end) == [1, 1, 0, 0, 0, 1]
    assert budget.own_tokens([1, 2, 7, 8], end) == [1, 1, 0, 0]  # cut at the limit
    assert budget.own_tokens([1, 2, 7], end) == [1, 1, 1]
    assert budget.own_tokens([1, 7, 8, 2], end) == [1, 1, 1, 1]
    assert budget.own_tokens([7, 8, 9, 7, 8, 9], end) == [0, 0, 0, 1, 1, 1]  # the second is the model's own
    assert budget.own_tokens([], end) == []
