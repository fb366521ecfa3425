"""Writes the small files in the format of SVHN that the tests of @pellucid/datasets read: made by SciPy, as MATLAB writes them.

Usage: python make_svhn.py FOLDER
"""
import sys

import numpy as np
from scipy.io import savemat

folder = sys.argv[1]
count = 3
# Each value says where it lies: image, channel, column and row.
image, row, column, channel = np.meshgrid(np.arange(count), np.arange(32), np.arange(32), np.arange(3), indexing="ij")
values = (image * 50 + channel * 10 + (row * 3 + column * 5) % 7).astype(np.uint8).transpose(1, 2, 3, 0)
labels = np.array([[10], [1], [9]])
savemat(f"{folder}/compressed.mat", {"note": "kept: text", "X": values, "y": labels.astype(np.uint8)}, do_compression=True)
savemat(f"{folder}/doubles.mat", {"y": labels.astype(np.float64), "X": values[..., :count]}, do_compression=False)
savemat(f"{folder}/unequal.mat", {"X": values, "y": labels[:2].astype(np.uint8)}, do_compression=True)
