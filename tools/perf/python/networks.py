"""The networks of the benchmark: torchvision's architectures and a small one for 28x28 images, with seeded random weights."""
import torch
import torchvision
from torch import nn

IMAGENET = (3, 224, 224)
SHAPES = {'fmnist-cnn': (1, 28, 28)}


class SmallNetwork(nn.Sequential):
    """Two convolutions and two dense layers, as people train on Fashion-MNIST."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
        )


def input_shape(name):
    return SHAPES.get(name, IMAGENET)


def noise(name, batch):
    return torch.randn((batch, *input_shape(name)), generator=torch.Generator().manual_seed(1))


def separate_activations(model):
    """Captum's hooks need a module for every use of a ReLU; torchvision's residual blocks use theirs twice."""
    for module in model.modules():
        for key, child in list(module.named_children()):
            if isinstance(child, (nn.ReLU, nn.ReLU6)):
                setattr(module, key, type(child)())
        if isinstance(module, torchvision.models.resnet.BasicBlock):
            module.last = nn.ReLU()

            def forward(x, self=module):
                shortcut = x if self.downsample is None else self.downsample(x)
                return self.last(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + shortcut)

            module.forward = forward


def settle_statistics(model, name):
    """Random weights without statistics of their activations explode: batch normalisations take theirs from one batch of noise."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    model.train()
    with torch.no_grad():
        model(noise(name, 8))


def build(name):
    torch.manual_seed(0)
    model = SmallNetwork() if name == 'fmnist-cnn' else getattr(torchvision.models, name)(weights=None)
    separate_activations(model)
    settle_statistics(model, name)
    return model.eval()
