"""Writes what the tests of `@pellucid/render` compare with: colours of matplotlib, and Captum's views of one map drawn with it.

Needs `matplotlib`. `visualize_image_attr` is followed step by step (normalisation, colours, transparency) without torch, which only imports it.
With `--tables FILE` it also writes the two tables of colours that no library for JavaScript has exactly.
"""

import argparse
import json
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize

SCALES = {
    "blues": "Blues", "cividis": "cividis", "greens": "Greens", "greys": "Greys", "inferno": "inferno", "jet": "jet", "magma": "magma",
    "plasma": "plasma", "reds": "Reds", "turbo": "turbo", "viridis": "viridis",
    "BrBG": "BrBG_r", "PiYG": "PiYG_r", "PRGn": "PRGn_r", "PuOr": "PuOr", "RdBu": "RdBu_r",  # ours end in the colour named first
}
RED_WHITE_GREEN = LinearSegmentedColormap.from_list("RdWhGn", ["red", "white", "green"])
HEIGHT, WIDTH = 6, 8


def colour(name):
    return RED_WHITE_GREEN if name == "GnWhRd" else matplotlib.colormaps[SCALES[name]]


def normalise(values, sign, percentile):
    """Captum's `_normalize_attr`."""
    chosen = {"all": values, "positive": values * (values > 0), "negative": values * (values < 0), "absolute": np.abs(values)}[sign]
    ordered = np.sort(np.abs(chosen), axis=None)
    sums = np.cumsum(ordered)
    threshold = ordered[np.where(sums >= sums[-1] * 0.01 * (100 - percentile))[0][0]]
    return np.clip(chosen / (-threshold if sign == "negative" else threshold), -1, 1)


def lay_over(below, above, alpha):
    return below * (1 - alpha) + above * alpha


def views(image, values, percentile):
    for sign, scale in {"all": "GnWhRd", "positive": "greens", "negative": "reds", "absolute": "blues"}.items():
        share = normalise(values, sign, percentile)
        heat = colour(scale)(Normalize(-1 if sign == "all" else 0, 1)(share))[..., :3] * 255
        grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
        yield sign, scale, "heat-map", heat
        yield sign, scale, "blended-heat-map", lay_over(grey, heat, 0.5)
        yield sign, scale, "original", image
        if sign != "all":
            yield sign, scale, "masked-image", image * share[..., None]
            yield sign, scale, "alpha-scaling", lay_over(np.full_like(image, 255.0), image, share[..., None])


def far_from_zero(random):
    """Heat maps between two ends on one side of zero, some values beyond them."""
    for scale, low, high in [("viridis", 0.2, 0.5), ("inferno", -15.0, -12.0), ("greys", 11.5, 13.25)]:
        values = random.uniform(low - 0.1 * (high - low), high + 0.1 * (high - low), (HEIGHT, WIDTH)).astype(np.float32).astype(float)
        pixels = colour(scale)(Normalize(low, high, clip=True)(values), bytes=True)[..., :3]
        yield {"scale": scale, "low": low, "range": high, "values": values.ravel().tolist(), "pixels": pixels.astype(int).ravel().tolist()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--tables", type=Path)
    arguments = parser.parse_args()
    random = np.random.default_rng(5)
    shares = np.round(np.concatenate([np.linspace(0, 1, 41), random.random(24)]), 6)
    values = np.round(random.standard_t(2, (HEIGHT, WIDTH)), 4).astype(np.float32).astype(float)
    image = random.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(float)
    whole = lambda pixels: np.asarray(pixels).round().astype(int).ravel().tolist()
    scales = {name: whole(colour(name)((shares), bytes=True)[:, :3]) for name in [*SCALES, "GnWhRd"]}
    pictures = [
        {"sign": sign, "scale": scale, "view": view, "pixels": whole(pixels)} for sign, scale, view, pixels in views(image, values, 10)
    ]
    arguments.out.write_text(json.dumps({
        "matplotlib": matplotlib.__version__, "shares": shares.tolist(), "scales": scales, "height": HEIGHT, "width": WIDTH,
        "outlierPercentile": 10, "values": values.ravel().tolist(), "image": whole(image), "pictures": pictures, "farFromZero": list(far_from_zero(random)),
    }, separators=(",", ":")) + "\n")
    if arguments.tables:
        arguments.tables.write_text("// Made by tools/reference/write_colours.py; the sources are named in THIRD-PARTY.txt of this package.\n" + "".join(
            f"\n/** The 256 colours of {name}, six hexadecimal digits each. */\nexport const {name.upper()}: string =\n" + table(name) for name in ["cividis", "turbo"]
        ))


def table(name):
    digits = "".join("%02x%02x%02x" % tuple(row) for row in whole_rows(name))
    lines = [f"  '{digits[start:start + 128]}'" for start in range(0, len(digits), 128)]
    return " +\n".join(lines) + ";\n"


def whole_rows(name):
    return (matplotlib.colormaps[name](np.arange(256))[:, :3] * 255).round().astype(int)


main()
