"""A step's time by phases: each without what runs inside it, all of them together the whole."""

import time
from collections import defaultdict

import pytest

from stages.timeline import Clock, Timeline


def test_phases_leave_out_what_runs_inside_them():
    clock = Clock()
    clock.read()
    with clock("update"):
        time.sleep(0.02)
        with clock("rollout"):
            time.sleep(0.04)
            with clock("sync"):
                time.sleep(0.06)
        with clock("verify"):
            time.sleep(0.03)
    time.sleep(0.05)
    seconds = clock.read()
    wanted = {"update": 0.02, "rollout": 0.04, "sync": 0.06, "verify": 0.03, "other": 0.05}
    assert {phase: seconds[phase] for phase in wanted} == pytest.approx(wanted, abs=0.015)
    assert seconds["step"] == pytest.approx(sum(seconds[phase] for phase in wanted))
    assert set(clock.read()) == {"other", "step"}  # counted once


def test_a_phase_that_fails_ends():
    clock = Clock()
    with pytest.raises(KeyError), clock("rollout"):
        raise KeyError
    assert clock.running == []


def test_the_share_that_is_ours():
    clock, metrics = Clock(), defaultdict(list)
    timeline = Timeline(clock, metrics)
    timeline.on_train_begin(None, None, None)
    with clock("rollout"):
        time.sleep(0.09)
    with clock("verify"):
        time.sleep(0.01)
    timeline.on_step_end(None, None, None)
    assert metrics["time/ours"] == [pytest.approx(0.1, abs=0.05)]
    with clock("update"):  # a step that reuses rollouts
        time.sleep(0.1)
    timeline.on_step_end(None, None, None)
    assert metrics["time/ours"] == [pytest.approx(0.05, abs=0.03)]
    assert metrics["time/rollout"] == [pytest.approx(0.09, abs=0.02), 0.0]
    phases = [sum(metrics[f"time/{phase}"]) for phase in ("rollout", "verify", "update", "other")]
    assert sum(phases) == pytest.approx(sum(metrics["time/step"]))
    assert {"time/rollout", "time/verify", "time/other", "time/step"} <= set(metrics)
