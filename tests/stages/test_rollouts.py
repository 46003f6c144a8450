"""vLLM's weights after a sync are the trainer's: every parameter is changed, and log-probabilities are compared.

Largest differences measured on a CPU: see each test. The control shows that the comparison can fail.
"""

import pytest
import torch

pytestmark = pytest.mark.timeout(300)
TOLERANCE = 1e-3  # nats
PROMPTS = ("Dial: 7+8*3", "Ann is a knight. Ann says Bob is a knave. Who is what?", "<|im_start|>user\nHello /think")


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def generation(request, make_checkpoint, tmp_path_factory, tokenizer):
    """TRL's own colocated vLLM, as GRPOTrainer makes it, after the repairs of stages.rollouts."""
    from stages import rollouts  # before vLLM: it sets what vLLM reads at import

    rollouts.install()
    from accelerate import Accelerator
    from transformers import AutoModelForCausalLM
    from trl.generation.vllm_generation import VLLMGeneration

    path = make_checkpoint(tmp_path_factory.mktemp("rollouts"), tied=request.param)
    model = AutoModelForCausalLM.from_pretrained(path)
    made = VLLMGeneration(
        model, Accelerator(cpu=True), tokenizer, max_model_length=128, max_num_seqs=4, gpu_memory_utilization=0.3
    )
    yield made
    made.llm.llm_engine.engine_core.shutdown()


def change_all(model) -> None:
    torch.manual_seed(7)
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
    """All named parameters in one reload, without the tied head: what stages.rollouts adds to."""
    runner = generation.llm.llm_engine.model_executor.driver_worker.model_runner
    runner.reload_weights(weights_iterator=generation._iter_named_params())
    generation.llm.reset_prefix_cache()


def test_log_probabilities_follow_every_parameter(generation):
    assert largest_difference(generation) < TOLERANCE  # as loaded
    change_all(generation.model)
    assert largest_difference(generation) > 100 * TOLERANCE  # before the sync: the change is large enough to see
    generation.sync_weights()
    print("after sync", largest_difference(generation))
    assert largest_difference(generation) < TOLERANCE
    if generation.model.config.tie_word_embeddings:
        change_all(generation.model)
        naive_reload(generation)
        print("naive", largest_difference(generation))
        assert largest_difference(generation) > 10 * TOLERANCE
        generation.sync_weights()
        assert largest_difference(generation) < TOLERANCE
