"""Raw rows of the public data sets that data.py builds on: from a folder of files, or from the Hugging Face Hub.

In a folder a set is one file, NAME.jsonl.gz, NAME.jsonl or NAME.parquet. The folder is the one that a recipe
names (`folder: ...`), else `$FOURSTAGE_DATA`, else `data/` in the clone. With `from_hub: true`, or where there
is no folder, a set comes from the Hub and its columns get the names that the files have. README.md lists the
sets with their licences.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from datasets import load_dataset
from huggingface_hub import hf_hub_download

from stages.data import read_jsonl
from verifiers.extract import last_boxed

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data"
SUFFIXES = (".jsonl.gz", ".jsonl", ".parquet")
MATH_SUBJECTS = (
    *("algebra", "counting_and_probability", "geometry", "intermediate_algebra"),
    *("number_theory", "prealgebra", "precalculus"),
)
ROLES = {"human": "user", "gpt": "assistant", "function_call": "tool_call", "observation": "tool"}
BFCL = "gorilla-llm/Berkeley-Function-Calling-Leaderboard"


def read(name: str, folder: str | None = None, from_hub: bool = False) -> list[Row]:
    """Rows of one set. Raises ValueError with what to do where it is neither in the folder nor on the Hub."""
    if name not in (*HUB, *FILES):
        raise ValueError(f"no data set {name!r}: use one of {', '.join((*HUB, *FILES))}")
    place = find_folder(folder)
    if not from_hub and place.is_dir():
        return _from_folder(name, place)
    if name in FILES:
        raise ValueError(f"{name} is not loaded from the Hub: put {name}.jsonl into a folder, named in FOURSTAGE_DATA")
    where = "" if from_hub else f"there is no folder {place}, and "
    try:
        return HUB[name]()
    except (OSError, ValueError, KeyError, httpx.HTTPError) as error:  # not there or reachable, other columns
        why = " ".join(str(error).split())[:150]
        raise ValueError(
            f"{where}{name} cannot be loaded from the Hub ({why}): put {name}.jsonl into a folder and name the folder"
            " in FOURSTAGE_DATA, or start this where the Hub can be reached"
        ) from error


def find_folder(folder: str | None) -> Path:
    """The folder of files, which need not be there."""
    return Path(folder or os.environ.get("FOURSTAGE_DATA") or FOLDER)


def _from_folder(name: str, folder: Path) -> list[Row]:
    path = next((folder / f"{name}{end}" for end in SUFFIXES if (folder / f"{name}{end}").is_file()), None)
    if path is None:
        ends = ", ".join(SUFFIXES)
        raise ValueError(f"{folder} has no {name} ({ends}): put it there, or load it from the Hub with from_hub: true")
    if path.suffix == ".parquet":
        return load_dataset("parquet", data_files=str(path), split="train").to_list()
    return read_jsonl(path)


def _load(name: str, config: str | None = None, split: str = "train") -> list[Row]:
    return load_dataset(name, config, split=split).to_list()


def _file(name: str, path: str) -> str:
    return Path(hf_hub_download(name, path, repo_type="dataset")).read_text(encoding="utf-8")


def _gsm8k(split: str) -> list[Row]:
    found = []
    for row in _load("openai/gsm8k", "main", split):
        solution, _, answer = row["answer"].rpartition("####")
        marks = re.sub(r"<<[^>]*>>", "", solution).strip()
        found.append({"problem": row["question"], "solution": marks, "answer": answer.strip().replace(",", "")})
    return found


def _math() -> list[Row]:
    rows = [row for subject in MATH_SUBJECTS for row in _load("EleutherAI/hendrycks_math", subject)]
    return [
        {"problem": row["problem"], "solution": row["solution"], "answer": answer, "level": int(row["level"][-1])}
        for row in rows
        if row["level"][-1].isdigit() and (answer := last_boxed(row["solution"]))
    ]


def _traces() -> list[Row]:
    text = _file("garg-aayush/sft-cs336-assign5-datasets", "sft-reason/sft_gpt-oss-120b_filtered.jsonl")
    rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [
        {"problem": row["problem"], "answer": row["expected_answer"], "thinking": thinking}
        for row in rows
        if (thinking := row["reasoning_trace"].partition("</think>")[0].replace("<think>", "").strip())
    ]


def _mbpp() -> list[Row]:
    ours = {"text": "problem", "code": "solution", "test_list": "tests", "test_setup_code": "test_setup"}
    return [
        {"split": split} | {ours[key]: row[key] for key in ours}
        for split in ("train", "validation", "test")
        for row in _load("google-research-datasets/mbpp", "full", split)
    ]


def _mmlu() -> list[Row]:
    return [
        {"split": split, **row, "answer": "ABCD"[row["answer"]]}
        for split in ("dev", "validation", "test")
        for row in _load("cais/mmlu", "all", split)
    ]


def _knights() -> list[Row]:
    return [
        {"split": split, "puzzle": row["quiz"], "n_people": len(row["names"]), "solution_text": row["solution_text"]}
        | {"solution": {n: "knight" if s else "knave" for n, s in zip(row["names"], row["solution"], strict=True)}}
        | {"short_cot": "\n".join((row["cot_head"], *row["cot_repeat_steps"], row["cot_foot"]))}
        for split in ("train", "test")
        for people in range(3, 8)
        for row in _load("K-and-K/knights-and-knaves", split, f"{people}ppl")
    ]


def _seeds() -> list[Row]:
    return [
        {"instruction": row["instruction"], "input": row["instances"][0]["input"]}
        | {"response": row["instances"][0]["output"]}
        for row in _load("HuggingFaceH4/self-instruct-seed")
    ]


def _roleplay() -> list[Row]:
    """The role-play set has no name on the Hub that we know: creative writing from Dolly stands in for it."""
    rows = [row for row in _load("databricks/databricks-dolly-15k") if row["category"] == "creative_writing"]
    return [{"prompt": row["instruction"], "response": row["response"]} for row in rows]


def _translations() -> list[Row]:
    return [
        {"split": split, "pair": "en-de", "source_text": row["en"], "target_text": row["de"]}
        for split in ("train", "test")
        for row in _load("bentrevett/multi30k", None, split)
    ]


def _glaive() -> list[Row]:
    return [
        {"messages": [{"role": ROLES[m["from"]], "content": m["value"]} for m in row["conversations"]]}
        | {"tools": json.loads(row["tools"] or "[]")}
        for row in _load("llamafactory/glaive_toolcall_en")
    ]


def _bfcl() -> list[Row]:
    """Its files differ in their columns' types, so that `load_dataset` cannot join them."""
    found = []
    for category, file in (("simple_python", "simple"), ("multiple", "multiple"), ("parallel", "parallel")):
        accepted = _file(BFCL, f"possible_answer/BFCL_v3_{file}.json").splitlines()
        truth = {row["id"]: row["ground_truth"] for row in map(json.loads, accepted)}
        for row in map(json.loads, _file(BFCL, f"BFCL_v3_{file}.json").splitlines()):
            asked = {"category": category, "messages": row["question"][0], "tools": row["function"]}
            found.append(asked | {"ground_truth": truth[row["id"]]})
    return found


def _preferences() -> list[Row]:
    rows = {
        split: _load("HuggingFaceH4/ultrafeedback_binarized", None, f"{split}_prefs") for split in ("train", "test")
    }
    return [{"split": split, **row} for split, found in rows.items() for row in found]


def _nowhere() -> list[Row]:
    raise ValueError("it has no name on the Hub that we know")


HUB: dict[str, Callable[[], list[Row]]] = {
    "gsm8k_train": lambda: _gsm8k("train"),
    "gsm8k_test": lambda: _gsm8k("test"),
    "math_train": _math,
    "math500_test": lambda: _load("HuggingFaceH4/MATH-500", None, "test"),
    "cot_math_gptoss120b": _traces,
    "mbpp": _mbpp,
    "knights_knaves": _knights,
    "mmlu_sample": _mmlu,
    "ifeval": lambda: _load("google/IFEval"),
    "self_instruct_seed": _seeds,
    "roleplay_gpteacher": _roleplay,
    "translation_pairs": _translations,
    "tool_demo_multiturn": _glaive,
    "bfcl_v4_single_turn": _bfcl,
    "pref_ultrafeedback_1k": _preferences,
    **dict.fromkeys(("pref_hh_harmless", "pref_autoj_human", "rm_eval_hhh", "rm_eval_pandalm"), _nowhere),
}
# Sets that only the folder has: their form on the Hub is another one, or they are not there.
FILES = (
    *("niv2_2k", "rag_conflictqa", "flan_cot_sample", "qa_reference_multisubject", "pref_hh_harmless"),
    *("pref_ultrafeedback_1k", "tool_toolrl_sft_think", "cruxeval"),
)
