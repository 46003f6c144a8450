"""vLLM's weights after a sync are the trainer's: every parameter is changed, and log-probabilities are compared.

Largest differences measured on a CPU after noise of 0.1 on every parameter: before the sync 3 nats, after it
2e-6, with the naive reload (the control: the tied head is left behind) 3 again.
"""

import os

import pytest
import torch

pytestmark = pytest.mark.timeout(300)
TOLERANCE = 1e-3  # nats
PROMPTS = ("Dial: 7+8*3", "Ann is a knight. Ann says Bob is a knave. Who is what?", "<|im_start|>user\nHello /think")


@pytest.fixture(scope="module", params=["tied", "untied", "lora"])
def generation(request, make_checkpoint, tmp_path_factory, tokenizer):
    """TRL's own colocated vLLM, as GRPOTrainer makes it, after the repairs of stages.rollouts."""
    from stages import rollouts  # before vLLM: it sets what vLLM reads at import

    rollouts.install()
    from accelerate import Accelerator
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM
    from trl.generation.vllm_generation import VLLMGeneration

    path = make_checkpoint(tmp_path_factory.mktemp("rollouts"), tied=request.param != "untied")
    model = AutoModelForCausalLM.from_pretrained(path)
    if request.param == "lora":
        model = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"]))
    environment = dict(os.environ)
    made = VLLMGeneration(model, Accelerator(cpu=True), tokenizer, max_model_length=128, max_num_seqs=4)
    yield made
    made.llm.llm_engine.engine_core.shutdown()
    os.environ.clear()
    os.environ.update(environment)  # TRL's rank and port must not reach commands that other tests start


def change_all(model) -> None:
    """Noise on every parameter: embeddings, head, norms, biases, adapters."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))


def largest_difference(generation) -> float:
    """Between vLLM's log-probabilities of some prompts and those of the trainer's model, in nats."""
    from vllm import SamplingParams

    ids = [generation.processing_class(text)["input_ids"] for text in PROMPTS]
    sampling = SamplingParams(max_tokens=1, prompt_logprobs=0)
    outputs = generation.llm.generate([{"prompt_token_ids": i} for i in ids], sampling, use_tqdm=False)
    differences = []
    for prompt, output in zip(ids, outputs, strict=True):
        with torch.no_grad():
            scores = generation.model(torch.tensor([prompt])).logits[0].log_softmax(-1)
        theirs = [output.prompt_logprobs[i][prompt[i]].logprob for i in range(1, len(prompt))]
        ours = [scores[i - 1, prompt[i]].item() for i in range(1, len(prompt))]
        differences += [abs(a - b) for a, b in zip(theirs, ours, strict=True)]
    return max(differences)


def naive_reload(generation) -> None:
    """All named parameters in one reload, without the tied head."""
    runner = generation.llm.llm_engine.model_executor.driver_worker.model_runner
    runner.reload_weights(weights_iterator=generation._iter_named_params())
    generation.llm.reset_prefix_cache()


def test_log_probabilities_follow_every_parameter(generation):
    assert largest_difference(generation) < TOLERANCE  # as loaded
    for seed in range(2):
        torch.manual_seed(seed)
        change_all(generation.model)
        assert largest_difference(generation) > 100 * TOLERANCE  # so the change is large enough to see
        generation.sync_weights()
        assert largest_difference(generation) < TOLERANCE


def test_the_naive_reload_leaves_a_tied_head_behind(generation):
    torch.manual_seed(9)
    change_all(generation.model)
    naive_reload(generation)
    tied = generation.model.config.tie_word_embeddings
    assert (largest_difference(generation) > 100 * TOLERANCE) == tied  # an untied head is among the parameters
    generation.sync_weights()
    assert largest_difference(generation) < TOLERANCE
