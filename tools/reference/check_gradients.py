"""Differentiates networks with `pellucid differentiate` and checks what it wrote, with nothing of Pellucid: the ONNX checker, ONNX Runtime
for Python, and reference values in float64. One line per model and set of rules; exit status 1 when any check fails."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "apps/cli/dist/main.js"
ZENNIT = {"epsilon-plus": "zennit_EpsilonPlus", "epsilon-plus-flat": "zennit_EpsilonPlusFlat", "epsilon-alpha2-beta1": "zennit_EpsilonAlpha2Beta1"}
CAPTUM = {"epsilon": "lrp_epsilon", "gamma": "lrp_gamma", "alpha1-beta0": "lrp_alpha1beta0"}
OTHER = ["z-plus", "epsilon-plus-w-square", "epsilon-alpha2-beta1-flat", "epsilon-gamma-box"]
LRP = [*ZENNIT, *CAPTUM, *OTHER]
RULES = ["none", "guided-backprop", "deconvolution", "deep-lift", *LRP]
# Captum's own rules cover a ReLU, a max-pool, a sigmoid, a tanh and a softmax: elsewhere its DeepLIFT is not complete, and no reference.
DEEP_LIFT_REFERENCE = {"mlp", "cifar", "fmnist"}


def networks(shared):
    """Every network as (name, folder, models, kind)."""
    for kind, folder in (("exports", shared / "exports"), ("golden", shared / "golden"), ("zoo", ROOT / "packages/zoo/models")):
        for network in sorted(path for path in folder.glob("*") if path.is_dir()):
            models = sorted(network.glob("*.onnx"))
            if models:
                yield f"{kind}/{network.name}", network, models, kind


def written(models, rules, out):
    """Runs the program over some models; the reason for each one that it refused, by file name."""
    options = [] if rules == "none" else ["--rules", rules]
    if rules in CAPTUM:
        options += ["--options", json.dumps({"epsilon": 1e-9})]
    quantised = [path for path in models if "int8" in path.name]
    refused = {}
    for group, more in (([path for path in models if path not in quantised], []), (quantised, ["--straight-through"])):
        if not group:
            continue
        command = ["node", str(PROGRAM), "differentiate", *map(str, group), "--wrt", "inputs", *options, *more, "--out", f"{out}/"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        for path in group:
            if not (out / path.name).exists():
                lines = [line for line in run.stderr.splitlines() if line.startswith("pellucid:") and "keeps the true derivative" not in line]
                refused[path.name] = next((line for line in lines if path.name in line), " ".join(lines) or run.stderr[:500])
    return refused


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def in_batches(runner, feeds, fixed):
    """Runs all samples at once, or one by one where the model takes one alone."""
    if not fixed:
        return dict(zip([output.name for output in runner.get_outputs()], runner.run(None, feeds)))
    count = len(next(iter(feeds.values())))
    parts = [runner.run(None, {name: values[i:i + 1] for name, values in feeds.items()}) for i in range(count)]
    return {output.name: np.concatenate([part[k] for part in parts]) for k, output in enumerate(runner.get_outputs())}


def l2(actual, expected):
    return float(np.linalg.norm(actual.astype(np.float64) - expected) / np.linalg.norm(expected))


def largest(actual, expected):
    return float(np.abs(actual.astype(np.float64) - expected).max() / np.abs(expected).max())


class Network:
    """The samples of a network and what is known of its gradients."""

    def __init__(self, name, folder, kind):
        self.name, self.folder, self.kind = name.split("/")[1], folder, kind
        self.manifest = json.loads((folder / "manifest.json").read_text()) if (folder / "manifest.json").exists() else None
        self.targets = np.load(folder / "targets.npy") if kind != "zoo" else np.array([0, 1, 2])
        self.input = np.load(folder / "input.npy").astype(np.float32) if kind != "zoo" else None

    def samples(self, info):
        if self.input is not None:
            return self.input
        shape = [3, *info.shape[1:]]
        return np.random.default_rng(7).random(shape, dtype=np.float32)

    def golden(self, key):
        """A reference map and how far float32 may be from it: five times its own distance, relative to the largest value."""
        path = self.folder / "attr" / f"{key}.f64.npy"
        if not path.exists():
            return None
        main = self.manifest["methods"][key]["outputs"]["main"]
        return np.load(path), 5 * max(main["f32_vs_f64_rel"], 2e-7), largest

    def truth(self, file, rules):
        """Reference, bound and distance for a set of rules; None where there is none."""
        if self.kind == "exports":
            if rules != "none":
                return None
            for form, bound in (("fp16", 3e-2), ("int8", 5e-2)):
                if form in file:
                    return np.load(self.folder / f"grad_input.{form}.f64.npy"), bound, l2
            return np.load(self.folder / "grad_input.f64.npy"), 1e-4, l2
        if self.kind == "zoo":
            return None
        if rules == "none":
            return self.golden("saliency_signed")
        if rules in ("guided-backprop", "deconvolution"):
            return self.golden(rules.replace("-", "_"))
        if rules == "deep-lift":
            return self.golden("deeplift_fixed_zero") if self.name in DEEP_LIFT_REFERENCE else None
        # The references of LRP cover networks of ReLUs and max-pools.
        return self.golden({**ZENNIT, **CAPTUM}.get(rules, "")) if self.name in DEEP_LIFT_REFERENCE else None


def finite_differences(forward, x, weights, gradient, info):
    """The largest error of directional derivatives by central differences, relative to the gradient's size. In float32: good to about 1e-3."""
    worst = 0.0
    for seed in range(3):
        direction = np.random.default_rng(seed).standard_normal(x.shape).astype(np.float32)
        direction /= np.linalg.norm(direction.reshape(len(x), -1), axis=1).reshape(-1, *[1] * (x.ndim - 1))
        step = 2e-2
        values = [(forward.run(None, {info.name: x + sign * step * direction})[0].astype(np.float64) * weights).sum(axis=1) for sign in (1, -1)]
        expected = (values[0] - values[1]) / (2 * step)
        actual = (gradient.astype(np.float64) * direction).reshape(len(x), -1).sum(axis=1)
        scale = np.linalg.norm(gradient.reshape(len(x), -1), axis=1)
        worst = max(worst, float(np.abs((actual - expected) / scale).max()))
    return worst


def check(network, model, path, rules):
    """Everything that is checked of one written model. Gives the figures, and the problems."""
    figures, problems = {}, []
    onnx.checker.check_model(str(path), full_check=True)
    original, extended = session(model), session(path)
    [info] = original.get_inputs()
    output = original.get_outputs()[0]
    x = network.samples(info)
    fixed = isinstance(info.shape[0], int)
    names = [entry.name for entry in extended.get_inputs()]
    expected = [info.name, f"{output.name}/cotangent", *([f"{info.name}/baseline"] if rules == "deep-lift" else [])]
    if sorted(names) != sorted(expected):
        problems.append(f"its inputs are {names}")
    if not fixed and any(isinstance(entry.shape[0], int) for entry in [*extended.get_inputs(), *extended.get_outputs()]):
        problems.append("a free batch axis is fixed")
    before, after = onnx.load(str(model), load_external_data=False), onnx.load(str(path), load_external_data=False)
    if not {(entry.key, entry.value) for entry in before.metadata_props} <= {(entry.key, entry.value) for entry in after.metadata_props}:
        problems.append("metadata is lost")

    scores = in_batches(original, {info.name: x}, fixed)[output.name]
    weights = np.zeros_like(scores)
    weights[np.arange(len(x)), network.targets] = scores[np.arange(len(x)), network.targets] if rules in LRP else 1
    feeds = {info.name: x, f"{output.name}/cotangent": weights}
    base = np.zeros_like(x)
    if rules == "deep-lift":
        feeds[f"{info.name}/baseline"] = base
    free = fixed and not any(isinstance(entry.shape[0], int) for entry in extended.get_inputs())
    answers = in_batches(extended, feeds, fixed and not free)
    gradient = answers[f"{info.name}/gradient"]
    if gradient.shape != x.shape or not np.isfinite(gradient).all() or not np.abs(gradient).max() > 0:
        return figures, [*problems, f"the gradient {gradient.shape} is not finite, or 0"]
    figures["output"] = largest(answers[output.name], scores.astype(np.float64))
    # Half floats and rounding steps fall differently where a graph is optimised differently.
    rough = "fp16" in model.name or "int8" in model.name
    if figures["output"] > (5e-2 if rough else 1e-4):
        problems.append(f"its output differs by {figures['output']:.1e}")

    alone = np.concatenate([in_batches(extended, {name: values[i:i + 1] for name, values in feeds.items()}, False)[f"{info.name}/gradient"] for i in range(len(x))])
    figures["alone"] = l2(alone, gradient.astype(np.float64))
    attribution = gradient * (x - base) if rules == "deep-lift" else gradient
    truth = network.truth(model.name, rules)
    if truth is not None:
        reference, bound, distance = truth
        figures["reference"], figures["bound"] = distance(attribution, reference), bound
        if not figures["reference"] <= bound:
            problems.append(f"it is {figures['reference']:.1e} from the reference, more than {bound:.1e}")
    if network.kind == "zoo" and rules == "none":
        figures["reference"], figures["bound"] = finite_differences(original, x, weights, gradient, info), 1e-2
        if figures["reference"] > 1e-2:
            problems.append(f"it is {figures['reference']:.1e} from finite differences")
    if rules == "deep-lift":
        change = ((scores - in_batches(original, {info.name: base}, fixed)[output.name]).astype(np.float64) * weights).sum(axis=1)
        parts = attribution.reshape(len(x), -1).astype(np.float64)
        figures["completeness"] = float((np.abs(parts.sum(axis=1) - change) / np.abs(parts).sum(axis=1)).max())
        covered = not any(entry.key == "pellucid.true_derivative" for entry in after.metadata_props)
        # The rule for a softmax takes its mean off, so that behind an inner one (in attention, also as one operator) the map does not add up: the method says so.
        figures["covered"] = covered = covered and not any(entry.op_type in ("Attention", "Softmax") for entry in before.graph.node[:-1])
        if covered and not rough and figures["completeness"] > 1e-4:
            problems.append(f"it is off completeness by {figures['completeness']:.1e}")
    return figures, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder with `exports` and `golden`")
    parser.add_argument("--rules", default=",".join(RULES), help="names separated by commas; `none` is the true derivative")
    parser.add_argument("--only", default="", help="a regular expression that names of networks have to match: exports/resnet")
    parser.add_argument("--out", type=Path, help="where to write all figures, as JSON")
    request = parser.parse_args()
    rows = []
    for name, folder, models, kind in networks(request.shared):
        if not re.search(request.only, name):
            continue
        network = Network(name, folder, kind)
        for rules in request.rules.split(","):
            with tempfile.TemporaryDirectory() as temporary:
                out = Path(temporary)
                refused = written(models, rules, out)
                for model in models:
                    row = {"model": f"{name}/{model.name}", "rules": rules, "figures": {}, "problems": []}
                    if model.name in refused:
                        row["refused"] = refused[model.name]
                    else:
                        try:
                            row["figures"], row["problems"] = check(network, model, out / model.name, rules)
                        except Exception as error:  # Whatever the checker or the runtime says counts against the model.
                            row["problems"] = [f"{type(error).__name__}: {error}"]
                    rows.append(row)
                    shown = ", ".join(f"{key} {value:.1e}" if isinstance(value, float) else f"{key} {value}" for key, value in row["figures"].items())
                    print(row["model"], rules, row.get("refused", shown), *row["problems"], sep=" | ", flush=True)
    if request.out:
        request.out.write_text(json.dumps(rows, indent=1))
    failed = [row for row in rows if row["problems"]]
    refused = [row for row in rows if "refused" in row]
    print(f"{len(rows)} models written and checked, {len(refused)} refused, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
