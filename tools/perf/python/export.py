"""Exports networks to ONNX with a free batch axis:  python export.py FOLDER NETWORK..."""
import sys
import warnings
from pathlib import Path

import torch

from networks import build, noise

warnings.filterwarnings('ignore')
folder, *names = sys.argv[1:]
for name in names:
    partial = Path(folder) / f'{name}.partial'
    torch.onnx.export(build(name), (noise(name, 2),), str(partial), dynamo=False, opset_version=17, input_names=['input'], output_names=['logits'],
                      dynamic_axes={'input': {0: 'batch'}, 'logits': {0: 'batch'}})
    partial.rename(partial.with_suffix('.onnx'))
    print(name, file=sys.stderr, flush=True)
