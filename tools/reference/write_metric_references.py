"""Writes scores of Quantus 0.6 and Captum for maps on a small network, to which packages/metrics is compared.

Needs quantus==0.6.0, torch, captum, a build of packages/metrics, and the file itself, whose images never change:
  node tools/reference/record_metric_draws.mjs packages/metrics/test/references/scores.json draws.json
  python tools/reference/write_metric_references.py packages/metrics/test/references/scores.json draws.json

The network is f(x) = B tanh(A x) + c over 8 x 6 pixels. The lowest value of every image is 0, so that what Quantus calls "black" (the lowest
value) is a pixel of zeros. Where a metric draws at random, Quantus gets what ours drew. Metrics that are wrong in Quantus 0.6 are left out.
"""
import json
import sys

import numpy
import quantus
import torch
from captum.metrics import infidelity, sensitivity_max
from quantus.functions.perturb_func import noisy_linear_imputation

# Quantus 0.6 asks for what NumPy calls otherwise since 2.0.
if not hasattr(numpy, "trapz"):
    numpy.trapz = numpy.trapezoid

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
        self.hidden = torch.nn.Tanh()

    def forward(self, x):
        return self.hidden(x.flatten(1) @ self.first.T) @ self.second.T + self.bias


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


with open(sys.argv[2]) as file:
    draws = json.load(file)


def gradient(model, inputs, targets, **_):
    """The gradient of each sample's target, the map of the metrics that ask for further maps."""
    x = torch.tensor(numpy.asarray(inputs, dtype=numpy.float32), requires_grad=True)
    with torch.enable_grad():
        model(x).gather(1, torch.tensor(numpy.asarray(targets))[:, None]).sum().backward()
    return x.grad.numpy()


def recorded(name):
    """A perturbation that gives the recorded images of all samples, one draw after the other."""
    turns = iter(numpy.swapaxes(numpy.array(draws[name], dtype=numpy.float32), 0, 1))
    return lambda arr, indices, **_: next(turns)


def perturbed_score(metric, name, **options):
    """A metric of maps of the gradient at recorded neighbours."""
    own = dict(given, a_batch=gradient(model, images, targets), explain_func=gradient)
    made = getattr(quantus, metric)(nr_samples=len(draws[name][0]), perturb_func=recorded(name), normalise=False, abs=False, disable_warnings=True, **options)
    return numpy.asarray(made(**own), dtype=float).tolist()


def captum_sensitivity(name):
    """The same by Captum, which repeats every sample and asks for all neighbours at once."""
    neighbours = torch.tensor(numpy.array(draws[name], dtype=numpy.float32).reshape(-1, 1, HEIGHT, WIDTH))
    labels = torch.tensor(targets).repeat_interleave(len(draws[name][0]))

    def explain(x, **_):
        if isinstance(x, tuple):
            return tuple(explain(part) for part in x)
        return torch.tensor(gradient(model, x.detach().numpy(), labels if len(x) == len(labels) else targets))

    return sensitivity_max(explain, torch.tensor(images), perturb_func=lambda x: neighbours, n_perturb_samples=len(draws[name][0]), max_examples_per_batch=len(labels)).tolist()


def subset_score(name):
    """Faithfulness correlation on recorded subsets."""
    turns = iter(numpy.swapaxes(numpy.array(draws[name]), 0, 1).reshape(-1, len(draws[name][0][0])))
    choice = numpy.random.choice
    numpy.random.choice = lambda *_, **__: next(turns)
    try:
        return score("FaithfulnessCorrelation", nr_runs=len(draws[name][0]), subset_size=len(draws[name][0][0]), perturb_baseline="black", abs=False, return_aggregate=False)
    finally:
        numpy.random.choice = choice


def logit_score():
    """Random logit by ranks, with recorded classes. Quantus counts the other classes without the target."""
    turns = numpy.array([other if other < own else other - 1 for other, own in zip(draws["random-logit"], targets)])
    randint = numpy.random.randint
    numpy.random.randint = lambda *_, **__: turns
    try:
        made = quantus.RandomLogit(similarity_func=quantus.similarity_func.correlation_spearman, num_classes=CLASSES, normalise=False, abs=False, disable_warnings=True)
        return numpy.asarray(made(**dict(given, a_batch=gradient(model, images, targets), explain_func=gradient)), dtype=float).tolist()
    finally:
        numpy.random.randint = randint


def translated_score():
    """Continuity over the translations by 1 to 5 pixels; Quantus starts at the width and counts up."""
    made = quantus.Continuity(nr_steps=2 * WIDTH - 1, normalise=False, abs=False, return_nan_when_prediction_changes=False, disable_warnings=True)
    return numpy.asarray(made(**dict(given, a_batch=gradient(model, images, targets), explain_func=gradient)), dtype=float).tolist()


def segment_score():
    """IROF on recorded segments with the curve behind it, sample by sample: Quantus fills up the curves of a batch to one length."""
    segment, area = quantus.helpers.utils.get_superpixel_segments, quantus.helpers.utils.calculate_auc
    result = []
    for sample in range(SAMPLES):
        labels, curves = numpy.array(draws["segments"][sample]).reshape(HEIGHT, WIDTH), []
        quantus.helpers.utils.get_superpixel_segments = lambda **_: labels
        quantus.helpers.utils.calculate_auc = lambda values, **options: curves.append(values) or area(values, **options)
        own = {name: value[sample : sample + 1] if name.endswith("_batch") else value for name, value in given.items()}
        made = quantus.IROF(perturb_baseline="black", abs=False, normalise=False, return_aggregate=False, disable_warnings=True)
        result.append({"score": float(made(**dict(own, softmax=True))[0]), "curve": numpy.asarray(curves[0], dtype=float).ravel().tolist()})
    quantus.helpers.utils.get_superpixel_segments, quantus.helpers.utils.calculate_auc = segment, area
    return result


# Six samples for what compares samples with each other: which image, which map, and by how much it is multiplied.
COMPANY = [(0, 0, 1), (1, 0, 2), (2, 0, 0.5), (2, 2, 1), (1, 2, 3), (0, 1, 1)]


def company_score(metric, **options):
    """A metric that compares every sample with all others of its batch."""
    x, a = images[[image for image, _, _ in COMPANY]], numpy.stack([factor * maps[map] for _, map, factor in COMPANY]).astype(numpy.float32)
    made = getattr(quantus, metric)(abs=False, normalise=False, disable_warnings=True, **options)
    explain = lambda **_: a
    return numpy.asarray(made(**dict(given, x_batch=x, a_batch=a, y_batch=numpy.zeros(len(a), dtype=int), s_batch=None, explain_func=explain)), dtype=float).tolist()


def direction_distance(a, b, **_):
    """The distance of the directions of two maps, which takes the place of one that is standardised over the batch."""
    return numpy.linalg.norm(a / numpy.linalg.norm(a) - b / numpy.linalg.norm(b))


# A third of the pixels has no value: what counts zeros has something to count.
thinned = numpy.where(numpy.random.default_rng(1).permutation(SAMPLES * PIXELS).reshape(images.shape) % 3 == 0, 0, maps).astype(numpy.float32)


def counted(metric, **options):
    """A metric that counts values which are 0."""
    made = getattr(quantus, metric)(normalise=False, abs=True, disable_warnings=True, **options)
    return numpy.asarray(made(**dict(given, a_batch=thinned)), dtype=float).tolist()


# Two quarters of each image show the class, as on a mosaic.
mosaics = [(True, False, False, True), (True, True, False, False), (False, True, False, True)]

unknown = numpy.sort(rng.permutation(PIXELS)[:30])
imputed = noisy_linear_imputation(arr=images[0].copy(), indices=unknown, noise=0.0)
black = {"perturb_baseline": "black", "abs": False}
result = {
    "quantus": quantus.__version__,
    "network": {"first": first.tolist(), "second": second.tolist(), "bias": bias.tolist()},
    "images": images.tolist(), "maps": maps.tolist(), "masks": masks[:, 0].astype(int).tolist(), "targets": targets.tolist(),
    "thinned": (thinned == 0).astype(int).reshape(SAMPLES, PIXELS).tolist(), "mosaics": mosaics,
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
        "effective-complexity": counted("EffectiveComplexity", eps=1e-5),
        "non-sensitivity": counted("NonSensitivity", eps=1e-5, features_in_step=1, perturb_baseline="black"),
        "focus": numpy.asarray(quantus.Focus(normalise=False, disable_warnings=True)(**dict(given, s_batch=None, custom_batch=mosaics)), dtype=float).tolist(),
        "histogram-entropy": [float(quantus.complexity_func.discrete_entropy(map, image, n_bins=20)) for map, image in zip(maps, images)],
        "faithfulness-correlation": subset_score("faithfulness-correlation"),
        "sensitivity-n": subset_score("sensitivity-n"),
        "monotonicity-nguyen": score("MonotonicityCorrelation", nr_samples=3, features_in_step=4, abs=True, perturb_func=recorded("monotonicity-nguyen")),
        "random-logit": logit_score(),
        "max-sensitivity": perturbed_score("MaxSensitivity", "max-sensitivity"),
        "max-sensitivity-captum": captum_sensitivity("max-sensitivity"),
        "average-sensitivity": perturbed_score("AvgSensitivity", "average-sensitivity"),
        "local-lipschitz-estimate": perturbed_score("LocalLipschitzEstimate", "local-lipschitz-estimate"),
        "relative-input-stability": perturbed_score("RelativeInputStability", "relative-input-stability"),
        "relative-output-stability": perturbed_score("RelativeOutputStability", "relative-output-stability"),
        "relative-representation-stability": perturbed_score("RelativeRepresentationStability", "relative-representation-stability", layer_names=["hidden"]),
        "continuity": translated_score(),
        "consistency": company_score("Consistency", discretise_func=lambda map: ",".join(str(pixel) for pixel in sorted(numpy.argsort(-map)[:5]))),
        "sufficiency": company_score("Sufficiency", threshold=1.3, distance_func=direction_distance, normalise_func=lambda distances, **_: distances),
    },
    "irof": segment_score(), "company": COMPANY,
    "infidelity": captum_infidelity(False), "infidelity-normalised": captum_infidelity(True),
    "imputation": {"unknown": unknown.tolist(), "image": numpy.asarray(imputed, dtype=float).ravel().tolist()},
}
with open(sys.argv[1], "w") as file:
    json.dump(result, file)
    file.write("\n")
