"""Drawn pictures that have many local features, each its own."""

import numpy as np
from PIL import Image, ImageDraw


def draw_poster(seed: int, size: tuple[int, int] = (260, 200)) -> Image.Image:
    """Coloured shapes at random places."""
    random = np.random.default_rng(seed)
    poster = Image.new("RGB", size, (235, 230, 220))
    pen = ImageDraw.Draw(poster)
    for number in range(60):
        x, y, width, height = random.integers(0, [size[0], size[1], 50, 50]).tolist()
        colour = tuple(random.integers(0, 256, 3).tolist())
        shape = pen.ellipse if number % 2 else pen.rectangle
        shape((x, y, x + 6 + width, y + 6 + height), fill=colour)
    return poster


def draw_flag(stripes: tuple[str, str, str], corners: int = 5) -> Image.Image:
    """Three stripes with a star in the middle: few local features, much like those of another such flag."""
    flag = Image.new("RGB", (300, 200))
    pen = ImageDraw.Draw(flag)
    for number, colour in enumerate(stripes):
        pen.rectangle((0, number * 67, 300, number * 67 + 67), fill=colour)
    angles = np.arange(2 * corners) * np.pi / corners
    radii = np.where(np.arange(2 * corners) % 2, 18, 45)
    pen.polygon(
        np.stack([150 + radii * np.sin(angles), 100 - radii * np.cos(angles)], axis=1).ravel().tolist(), "black"
    )
    return flag
