"""Mathematics: what is extracted, what counts as the same, and what must not be paid."""

import pytest

from verifiers.math import answer, check

EXTRACTED = [
    (r"so \boxed{12}.", "12"),
    (r"\boxed{6} wait \boxed{5}", "5"),
    (r"\boxed{1} and \boxed{2}", "1, 2"),
    (r"\boxed{1}, and so $\boxed{1}$", "1"),
    ("\\boxed{1}\n\n\\boxed{1}", "1"),
    (r"\boxed{\frac{1}{2}} = \boxed{0.5}", "0.5"),
    (r"\boxed{1} is wrong and \boxed{2}", "2"),
    (r"$x = \boxed{1}$ and $y = \boxed{2}$", "1, 2"),
    (r"\boxed{(1,2)} for part (a) and \boxed{3} for (b)", "(1,2), 3"),
    ("\\boxed{200} is the interest. Final Answer: The final answer is $10,455$.", "10,455"),
    ("The answer is #### 42", "42"),
    ("Answer $ 9 $", " 9 "),
    ("It lies between $12$ and $13$. Answer: $12$ and $13$", "12, 13"),
    ("答案：每份应该是 \\frac{2}{5} 吨。", "\\frac{2}{5}"),
    ("Cost: 2,74 $ or so", "2,74"),
    (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
    (r"\boxed 7", "7"),
    (r"\boxed{3 and it breaks off \boxed{4}", "4"),
    ("The answer is 42.", "42"),
    ("Final Answer: **1/2**", "1/2"),
    ("**Answer:** 5 apples", "5 apples"),
    ("Answer = $x^2$", "$x^2$"),
    ("The answer is 3. No, the answer is 4.", "4"),
    ("Answer: she keeps 3 of her 12 hens", "3"),
    ("答案是 15。", "15"),
    ("We get $a=1$ and then $b=2$.", "b=2"),
    ("First 3, then 4, so we have 12 of them.", "12"),
    ("Then 12 remain, that is **9** in all, of 10.", "9"),
    (r"\frac{1}{2}", r"\frac{1}{2}"),
    ("", None),
    ("I do not know what to say here.", None),
]

RIGHT = [
    ("42", r"\boxed{42}"),
    ("1,000", "The answer is 1000."),
    ("1000000", r"\boxed{1{,}000{,}000}"),
    (r"\frac{1}{2}", r"\boxed{0.5}"),
    ("0.5", r"\boxed{\dfrac12}"),
    ("1/2", r"\boxed{\frac{2}{4}}"),
    (r"3\frac{1}{2}", r"\boxed{3.5}"),
    (r"50\%", r"\boxed{0.5}"),
    (r"50\%", r"\boxed{50}"),
    ("10%", r"\boxed{10}"),
    ("3e8", r"\boxed{3 \times 10^{8}}"),
    (r"\sqrt{2}", r"\boxed{√2}"),
    (r"2\pi", r"\boxed{2π}"),
    ("-5", r"\boxed{−5}"),
    ("42", r"\boxed{４２}"),
    (r"42 \text{ cm}", r"\boxed{42}"),
    ("45", r"\boxed{45^{\circ}}"),
    ("(1,2)", r"\boxed{\left(1, 2\right)}"),
    (r"\{1,2\}", r"\boxed{\{2,1\}}"),
    ("2x+3", r"\boxed{3+2x}"),
    ("x+1", "$x + 1$"),
    (
        r"\frac{\sqrt{\sqrt{11}+\sqrt{194}}}{15+2\sqrt{33}}",
        r"\boxed{\frac{\sqrt{\sqrt{11}+\sqrt{194}}}{2\sqrt{33}+15}}",
    ),
    (r"\text{Evelyn}", r"\boxed{Evelyn}"),
    (r"\text{even}", "The answer is even."),
    ("A", r"\boxed{\text{(A)}}"),
    ("B", "The answer is (B)."),
    (r"Long working. \boxed{7}", "7"),
    (r"9^{9^{9^{9}}}", r"\boxed{9^{9^{9^{9}}}}"),
    ("7" * 5000, r"\boxed{" + "7" * 5000 + "}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\boxed{\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}}"),
]

WRONG = [
    ("42", r"\boxed{42}. No wait, \boxed{17}"),
    ("42", r"\boxed{41, 42, 43}"),
    ("42", r"\boxed{41 \text{ or } 42}"),
    ("42", r"\boxed{42 \text{ but maybe } 17}"),
    ("42", r"\boxed{\text{not } 42}"),
    ("42", r"\boxed{17 \approx 42}"),
    ("42", r"\boxed{[0,100]}"),
    ("5", r"\boxed{\pm 5}"),
    ("-5", r"\boxed{5}"),
    ("5", r"\boxed{5.001}"),
    ("2024", r"\boxed{2024.1}"),
    ("5", r"\boxed{500}"),
    (r"\frac{1}{3}", r"\boxed{0.33}"),
    (r"\pi", r"\boxed{\frac{22}{7}}"),
    ("10^{-9}", r"\boxed{0.0}"),
    (r"1.6 \times 10^{-19}", r"\boxed{9.1 \times 10^{-31}}"),
    ("10^{20}+1", r"\boxed{10^{20}}"),
    ("10^{20}+1", r"\boxed{100000000000000000000.0}"),
    ("12:00", r"\boxed{1:00}"),
    (r"42 \text{ cm}", r"\boxed{42 \text{ m}}"),
    ("(1,2)", r"\boxed{\{1,2\}}"),
    (r"\{1,2\}", r"\boxed{\{1,2,3\}}"),
    ("x=42", r"\boxed{y=42}"),
    ("x+y=5", r"\boxed{0=0}"),
    ("5050", r"\boxed{\sum_{k=1}^{100} k}"),
    (r"\frac{1}{2}", r"\boxed{\lim_{x\to 0}\frac{1-\cos x}{x^2}}"),
    (r"\text{Evelyn}", r"\boxed{\text{Not Evelyn}}"),
    ("x", r"\boxed{х}"),
    ("42", r"\boxed{}"),
    ("42", r"\boxed{?}"),
    ("42", ""),
]


@pytest.mark.parametrize(("response", "expected"), EXTRACTED)
def test_the_last_committed_answer_is_extracted(response, expected):
    assert answer(response) == expected


@pytest.mark.parametrize(("reference", "response"), RIGHT)
def test_right(reference, response):
    assert check(response, reference) == (1.0, "correct")


@pytest.mark.parametrize(("reference", "response"), WRONG)
def test_wrong(reference, response):
    assert check(response, reference).score == 0.0


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("", "no_answer"),
        (r"\boxed{}", "no_answer"),
        (r"\boxed{9^{9^{9}}}", "unparsable"),
        (r"\boxed{41}", "wrong"),
    ],
)
def test_reasons(response, reason):
    assert check(response, "42").reason == reason
