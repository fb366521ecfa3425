"""Writes packages/methods/xrai/test/reference.json: segments of scikit-image and maps of the authors' package (`pip install saliency`)
for an image and an attribution that the test makes by the same whole numbers."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
from saliency.core.xrai import XRAI, XRAIParameters
from skimage.segmentation import felzenszwalb

OUT = Path(__file__).resolve().parents[2] / "packages/methods/xrai/test/reference.json"
SIDE = 224
SCALES = [50, 250, 1200]


def noise(x, y, c):
    """0 to 255, from whole numbers alone."""
    mixed = (x * 73856093) ^ (y * 19349663) ^ (c * 83492791)
    return ((mixed * 2654435761) & 0xFFFFFFFF) >> 24


def image():
    """Blocks of colour with a slope and noise, in steps of 1/1024."""
    y, x, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3), indexing="ij")
    block = ((x // 37) * 5 + (y // 41) * 3 + c * 7) % 8
    return (block * 96 + x // 4 + (noise(x, y, c) >> 2)) / 1024


def attribution():
    """A blob on noise."""
    y, x, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3), indexing="ij")
    blob = np.maximum(0, 60 - np.abs(x - 120) - np.abs(y - 90))
    return (4 * blob + noise(x, y, c + 3) - 128) / 1024


def packed(numbers):
    """Numbers below 256, row by row, deflated and in base 64."""
    return base64.b64encode(zlib.compress(numbers.astype(np.uint8).tobytes(), 9)).decode()


def ranked(algorithm, area=1.0):
    parameters = XRAIParameters(algorithm=algorithm, area_threshold=area)
    found = XRAI().GetMask(image(), None, base_attribution=attribution(), extra_parameters=parameters)
    values, places = np.unique(found, return_inverse=True)
    return {"values": [float(value) for value in values], "places": packed(places)}


def main():
    scaled = image()
    scaled = (scaled - scaled.min()) / (scaled.max() - scaled.min()) * 2 - 1
    segments = {str(scale): packed(felzenszwalb(scaled, scale=scale, sigma=0.8, min_size=150)) for scale in SCALES}
    maps = {"full": ranked("full"), "part": ranked("full", 0.3), "fast": ranked("fast")}
    OUT.write_text(json.dumps({"segments": segments, "maps": maps}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
