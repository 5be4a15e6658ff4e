"""Writes data sets as others publish theirs, of crops of the notebooks' pictures: folder records.

cifar10 holds CIFAR-10's binary records of the cat in colour, fashion gzipped IDX files of the brick
wall in grey, named as MNIST's. Label and crop number k are k modulo 10 and a random place's.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent / "records"
PICTURES = HERE.parent.parent.parent / "notebooks-data"
random = np.random.default_rng(19)


def crops(name, count, size):
    """Labels and crops [record, y, x, …] of a picture."""
    picture = np.asarray(Image.open(PICTURES / name))
    places = [[int(random.integers(0, extent - size)) for extent in picture.shape[:2]]
              for _ in range(count)]
    return (np.arange(count, dtype=np.uint8) % 10,
            np.array([picture[y:y + size, x:x + size] for y, x in places]))


def write_idx(path, array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), mtime=0))


if __name__ == "__main__":
    (HERE / "cifar10").mkdir(parents=True, exist_ok=True)
    labels, images = crops("chelsea.png", 20, 32)
    (HERE / "cifar10" / "data_batch_1.bin").write_bytes(
        b"".join(bytes([label]) + image.transpose(2, 0, 1).tobytes()
                 for label, image in zip(labels, images)))
    (HERE / "fashion").mkdir(exist_ok=True)
    for split, count in (("train", 30), ("t10k", 10)):
        labels, images = crops("brick.png", count, 28)
        write_idx(HERE / "fashion" / f"{split}-images-idx3-ubyte.gz", images)
        write_idx(HERE / "fashion" / f"{split}-labels-idx1-ubyte.gz", labels)
        print(f"{split}: mean {images.mean() / 255:.6f}, deviation {images.std() / 255:.6f}")
