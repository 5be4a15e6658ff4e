"""Makes a small network's weights and PyTorch's outputs for make_records.py's images: folder network.

The network is CIFAR's ResNet-20 with 2 instead of 3 blocks in a stage and 4, 8 and 16 instead of 16,
32 and 64 channels, and the names its PyTorch module gives: weights.safetensors, from a fixed seed.
outputs.npy holds the logits of the images, normalized as the published ResNet-20 wants them.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).resolve().parent / "network"
RECORDS = HERE.parent / "records" / "cifar10" / "data_batch_1.bin"
WIDTH, BLOCKS = 4, 2


class Block(nn.Module):
    """Two convolutions beside a shortcut of option A: every other sample, zeros as new channels."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.more = stride, width - channels

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        before = self.more // 2
        if self.stride > 1:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, before, self.more - before))
        return functional.relu(x + y)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTH)
        channels = WIDTH
        for stage in range(3):
            blocks = []
            for block in range(BLOCKS):
                stride = 2 if stage > 0 and block == 0 else 1
                blocks.append(Block(channels, WIDTH << stage, stride))
                channels = WIDTH << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(channels, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def records():
    """The images of make_records.py's CIFAR-10 records, [record, channel, y, x] of 0 to 255."""
    records = np.fromfile(RECORDS, np.uint8).reshape(-1, 3073)
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32))


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    torch.manual_seed(20)
    torch.set_num_threads(1)
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    images = (records() / 255 - mean) / deviation
    network = Network()
    with torch.no_grad():
        for name, values in network.named_parameters():
            if "bn" in name:
                values += 0.3 * torch.randn(values.shape)
        # Running means and variances of some noise and of the images, so that none is 0 or 1.
        network.train()
        for _ in range(5):
            network(images + 0.2 * torch.randn(images.shape))
        network.eval()
        # Logits that differ between the images by more than rounding.
        network.linear.weight *= 20
        save_file(network.state_dict(), HERE / "weights.safetensors")
        (HERE / "weights.safetensors").chmod(0o644)
        np.save(HERE / "outputs.npy", network(images).numpy())
