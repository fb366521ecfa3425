"""Writes scores of Quantus 0.6 and Captum for maps on a small network, to which packages/metrics is compared.

Needs quantus==0.6.0, torch, captum:  python tools/reference/write_metric_references.py packages/metrics/test/references/scores.json

The network is f(x) = B tanh(A x) + c over 8 x 6 pixels. The lowest value of every image is 0, so that what Quantus calls "black" (the lowest
value) is a pixel of zeros. Metrics that are wrong in Quantus 0.6 or that draw at random are left out.
"""
import json
import sys

import numpy
import quantus
import torch
from captum.metrics import infidelity
from quantus.functions.perturb_func import noisy_linear_imputation

HEIGHT, WIDTH, HIDDEN, CLASSES, SAMPLES = 8, 6, 5, 3, 3
PIXELS = HEIGHT * WIDTH
rng = numpy.random.default_rng(0)


def draw(*shape):
    """Normal numbers that are exact in single precision and short in the file."""
    return numpy.round(rng.normal(size=shape) * 64) / 64


class Network(torch.nn.Module):
    def __init__(self, first, second, bias):
        super().__init__()
        self.first, self.second, self.bias = (torch.nn.Parameter(torch.tensor(value, dtype=torch.float32)) for value in (first, second, bias))

    def forward(self, x):
        return torch.tanh(x.flatten(1) @ self.first.T) @ self.second.T + self.bias


first, second, bias = draw(HIDDEN, PIXELS) / 4, draw(CLASSES, HIDDEN), draw(CLASSES)
model = Network(first, second, bias).eval()
images = numpy.abs(draw(SAMPLES, 1, HEIGHT, WIDTH)).astype(numpy.float32)
for image in images:
    image[0, 7, 5] = 0
# Not rounded: where sums tie, the order of Quantus is arbitrary.
maps = rng.normal(size=images.shape).astype(numpy.float32)
targets = numpy.array([0, 2, 1])
masks = numpy.zeros(images.shape, dtype=bool)
for sample in range(SAMPLES):
    masks[sample, 0, : 2 + sample, :3] = True

given = dict(model=model, x_batch=images, y_batch=targets, a_batch=maps, s_batch=masks, device="cpu", channel_first=True, softmax=False)


def score(metric, **options):
    """One metric's scores, without its warnings; maps are not normalised unless asked for."""
    options = {"normalise": False, "disable_warnings": True, **options}
    result = getattr(quantus, metric)(**options)(**given)
    return numpy.asarray(result, dtype=float).tolist()


def captum_infidelity(normalize):
    noise = torch.tensor(draw(SAMPLES * 4, 1, HEIGHT, WIDTH) / 8, dtype=torch.float32)
    x = torch.tensor(images)
    perturb = lambda inputs: (noise, inputs - noise)
    value = infidelity(model, perturb, x, torch.tensor(maps), target=torch.tensor(targets), n_perturb_samples=4, normalize=normalize, max_examples_per_batch=SAMPLES * 4)
    with torch.no_grad():
        repeated, labels = x.repeat_interleave(4, 0), torch.tensor(targets).repeat_interleave(4)
        change = (model(repeated) - model(repeated - noise)).gather(1, labels[:, None])[:, 0]
        predicted = (noise * torch.tensor(maps).repeat_interleave(4, 0)).flatten(1).sum(1)
    return {"scores": value.tolist(), "predicted": predicted.reshape(SAMPLES, 4).tolist(), "differences": change.reshape(SAMPLES, 4).tolist()}


unknown = numpy.sort(rng.permutation(PIXELS)[:30])
imputed = noisy_linear_imputation(arr=images[0].copy(), indices=unknown, noise=0.0)
black = {"perturb_baseline": "black", "abs": False}
result = {
    "quantus": quantus.__version__,
    "network": {"first": first.tolist(), "second": second.tolist(), "bias": bias.tolist()},
    "images": images.tolist(), "maps": maps.tolist(), "masks": masks[:, 0].astype(int).tolist(), "targets": targets.tolist(),
    "scores": {
        "sparseness": score("Sparseness", abs=True),
        "entropy": score("Complexity", abs=True),
        "pixel-flipping": score("PixelFlipping", features_in_step=4, **black),
        "selectivity": score("Selectivity", patch_size=2, **black),
        "region-perturbation": score("RegionPerturbation", patch_size=2, regions_evaluation=12, order="morf", **black),
        "faithfulness-estimate": score("FaithfulnessEstimate", features_in_step=4, **black),
        "pointing-game": score("PointingGame", abs=True),
        "energy-inside": score("AttributionLocalisation", abs=True, positive_attributions=True),
        "top-k-intersection": score("TopKIntersection", k=10, abs=True),
        "relevance-mass-accuracy": score("RelevanceMassAccuracy", abs=True),
        "relevance-rank-accuracy": score("RelevanceRankAccuracy", abs=True),
        "roc-auc": score("AUC", abs=True),
    },
    "infidelity": captum_infidelity(False), "infidelity-normalised": captum_infidelity(True),
    "imputation": {"unknown": unknown.tolist(), "image": numpy.asarray(imputed, dtype=float).ravel().tolist()},
}
with open(sys.argv[1], "w") as file:
    json.dump(result, file)
    file.write("\n")
