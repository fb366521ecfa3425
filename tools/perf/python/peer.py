"""PyTorch and Captum as a service: reads a request per line from standard input, writes an answer per line to standard output (JSON).

{"ready": true}                                                       -> {}                        once the libraries are imported
{"load": NETWORK, "input": FILE, "shape": [...], "threads": N}       -> {"targets": [...]}        the input is raw float32
{"time": METHOD, "layer": PATH, "seconds": S}                         -> {"times": [ms, ...], "cpu": seconds}
{"memory": METHOD}                                                    -> {"peak": MiB}             high-water mark of this process

A request that fails is answered with {"error": TEXT}.
"""
import json
import os
import resource
import sys
import time
import warnings

import captum.attr as attr
import numpy as np
import torch

from networks import build

warnings.filterwarnings('ignore')


def call(model, method, x, target, layer):
    """What a user of Captum writes for a method, as a function without arguments."""
    fresh = lambda: x.clone().requires_grad_()
    find = lambda: model.get_submodule(layer)
    if method == 'forward':
        def forward():
            with torch.no_grad():
                return model(x)
        return forward
    if method == 'saliency':
        saliency = attr.Saliency(model)
        return lambda: saliency.attribute(fresh(), target=target, abs=False)
    if method == 'integrated-gradients':
        integrated = attr.IntegratedGradients(model)
        return lambda: integrated.attribute(x, target=target, n_steps=50, internal_batch_size=max(10, len(x)))
    if method == 'grad-cam':
        cam = attr.LayerGradCam(model, find())
        return lambda: attr.LayerAttribution.interpolate(cam.attribute(x, target=target, relu_attributions=True), x.shape[2:], interpolate_mode='bilinear')
    if method == 'deep-lift':
        deep_lift = attr.DeepLift(model)
        return lambda: deep_lift.attribute(fresh(), torch.zeros_like(x), target=target)
    if method == 'guided-backprop':
        guided = attr.GuidedBackprop(model)
        return lambda: guided.attribute(fresh(), target=target)
    if method == 'occlusion':
        window = (x.shape[1], *(max(1, length // 14) for length in x.shape[2:]))
        occlusion = attr.Occlusion(model)
        return lambda: occlusion.attribute(x, window, strides=window, target=target, perturbations_per_eval=16)
    if method == 'smoothgrad':
        tunnel = attr.NoiseTunnel(attr.Saliency(model))
        return lambda: tunnel.attribute(fresh(), target=target, abs=False, nt_type='smoothgrad', nt_samples=20, nt_samples_batch_size=10, stdevs=0.15)
    raise ValueError(f'unknown method {method}')


def cpu_seconds():
    used = os.times()
    return used[0] + used[1]


def timed(run, seconds):
    """Milliseconds of calls for at least so long, after one that is not counted unless a call alone takes longer."""
    before = time.perf_counter()
    run()
    once = time.perf_counter() - before
    times = [once] if once > seconds else []
    while sum(times) < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return [1000 * t for t in times]


def respond(state, request):
    if 'ready' in request:
        return {}
    if 'load' in request:
        torch.set_num_threads(request['threads'])
        x = torch.from_numpy(np.fromfile(request['input'], dtype=np.float32).reshape(request['shape']))
        model = build(request['load'])
        with torch.no_grad():
            target = model(x).argmax(1)
        state.update(model=model, x=x, target=target, runs={})
        return {'targets': target.tolist()}
    model, x, target, runs = (state[key] for key in ('model', 'x', 'target', 'runs'))
    if 'time' in request:
        method = request['time']
        cpu = cpu_seconds()
        if method not in runs:
            run = call(model, method, x, target, request.get('layer'))
            run()
            runs[method] = run
        times = timed(runs[method], request['seconds'])
        return {'times': times, 'cpu': cpu_seconds() - cpu}
    call(model, request['memory'], x, target, None)()
    return {'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main():
    state = {}
    for line in sys.stdin:
        try:
            answer = respond(state, json.loads(line))
        except Exception as error:
            answer = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(answer), flush=True)


main()
