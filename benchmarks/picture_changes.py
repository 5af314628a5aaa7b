"""Changes of pictures, as people make them before they post one: for calibrating and testing the second look.

Each kind has strengths of its own for calibration and others, between and beyond them, for the test; backgrounds and
pasted photographs are handed in, so the two can use different ones.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

_WORDS = (
    "when", "you", "see", "it", "again", "and", "nobody", "told", "you", "that", "it",
    "was", "monday", "already", "so", "here", "we", "are", "my", "friends",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What a change is given beside the picture: chance, a strength from 0 to 1, and pictures for the background."""

    random: np.random.Generator
    strength: float
    photos: Sequence[Image.Image]

    def photo(self, size: tuple[int, int]) -> Image.Image:
        """One of the background's pictures, cut to a size."""
        return ImageOps.fit(self.photos[int(self.random.integers(len(self.photos)))].convert("RGB"), size)

    def between(self, weak: float, strong: float) -> float:
        """A value as far from `weak` to `strong` as the change is strong."""
        return weak + (strong - weak) * self.strength

    def sign(self) -> int:
        """1 or -1."""
        return 1 if self.random.random() < 0.5 else -1


def change_picture(
    image: Image.Image,
    kind: str,
    random: np.random.Generator,
    photos: Sequence[Image.Image],
    strengths: Sequence[float],
) -> Image.Image:
    """Change an RGB picture in one of `KINDS` ways, by one of some strengths, and save it as a JPEG would be."""
    changed = (KINDS | MORE_KINDS)[kind](image, Change(random, float(random.choice(strengths)), photos))
    file = io.BytesIO()
    changed.convert("RGB").save(file, "JPEG", quality=int(random.integers(70, 95)))
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def _copy(image: Image.Image, change: Change) -> Image.Image:
    scale = change.between(0.9, 1.8)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def _crop(least: float, most: float) -> Callable[[Image.Image, Change], Image.Image]:
    def crop(image: Image.Image, change: Change) -> Image.Image:
        share = change.between(most, least)
        width, height = round(image.width * share), round(image.height * share)
        left = int(change.random.integers(0, image.width - width + 1))
        top = int(change.random.integers(0, image.height - height + 1))
        return image.crop((left, top, left + width, top + height)).resize(image.size, Image.Resampling.BICUBIC)

    return crop


def _blur(image: Image.Image, change: Change) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(change.between(1.2, 3.2) * max(image.size) / 250))


def _meme(image: Image.Image, change: Change) -> Image.Image:
    image = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
    font = ImageFont.load_default(size=max(image.height * change.between(0.09, 0.15), 8))
    pen = ImageDraw.Draw(image)
    for place in (0.02, 0.80):
        words = " ".join(change.random.choice(_WORDS, 4)).upper()
        at = (image.width / 2, image.height * place)
        pen.text(at, words, fill="white", stroke_fill="black", stroke_width=3, font=font, anchor="ma")
    return image


def _turn(image: Image.Image, change: Change) -> Image.Image:
    angle = change.sign() * change.between(7, 17)
    return image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=_colour(change))


def _perspective(image: Image.Image, change: Change) -> Image.Image:
    width, height = image.size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    push = change.random.uniform(0.3, 1.0, (4, 2)) * change.between(0.12, 0.24) * [width, height]
    matrix = cv2.getPerspectiveTransform(corners, (corners + inward * push).astype(np.float32))
    behind = np.asarray(change.photo(image.size)) if change.random.random() < 0.5 else None
    fill = tuple(int(value) for value in change.random.integers(0, 256, 3))
    warped = cv2.warpPerspective(np.asarray(image), matrix, (width, height), borderValue=fill)
    if behind is not None:
        inside = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, (width, height)) > 127
        warped = np.where(inside[:, :, None], warped, behind)
    return Image.fromarray(warped)


def _screenshot(image: Image.Image, change: Change) -> Image.Image:
    width = 600
    share = change.between(0.95, 0.5)
    shown = ImageOps.contain(image, (round(width * share), 600))
    top, bottom = (int(value) for value in change.random.integers(60, 220, 2))
    dark = change.random.random() < 0.5
    page = Image.new("RGB", (width, shown.height + top + bottom), (21, 32, 43) if dark else "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=20)
    left = int(change.random.integers(0, width - shown.width + 1))
    page.paste(shown, (left, top))
    for line in range(12, top - 24, 28):
        pen.text((16, line), " ".join(change.random.choice(_WORDS, 7)), fill="white" if dark else "black", font=font)
    for line in range(top + shown.height + 10, page.height - 24, 28):
        pen.text((16, line), " ".join(change.random.choice(_WORDS, 5)), fill="grey", font=font)
    pen.ellipse((width - 50, 10, width - 14, 46), fill=_colour(change))
    return page


def _pasted(image: Image.Image, change: Change) -> Image.Image:
    photo = change.photo((640, int(change.random.integers(400, 640))))
    share = change.between(0.5, 0.28)
    small = ImageOps.contain(image, (round(photo.width * share), round(photo.height * share * 1.3)))
    at = [int(change.random.integers(0, room + 1)) for room in (photo.width - small.width, photo.height - small.height)]
    photo.paste(small, (at[0], at[1]))
    return photo


def _dark(image: Image.Image, change: Change) -> Image.Image:
    darker = ImageEnhance.Brightness(image).enhance(change.between(0.4, 0.18))
    noise = change.random.normal(0, 3, (*darker.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(darker) + noise, 0, 255).astype(np.uint8))


def _bright(image: Image.Image, change: Change) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(change.between(1.3, 1.8))).enhance(1.2)


def _tinted(image: Image.Image, change: Change) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, _colour(change)), change.between(0.2, 0.45))


def _framed(image: Image.Image, change: Change) -> Image.Image:
    return ImageOps.expand(image, round(max(image.size) * change.between(0.06, 0.2)), _colour(change))


def _stretched(image: Image.Image, change: Change) -> Image.Image:
    factor = change.between(1.15, 1.5)
    width, height = (image.width * factor, image.height) if change.sign() > 0 else (image.width, image.height * factor)
    return image.resize((round(width), round(height)), Image.Resampling.BICUBIC)


def _coarse(image: Image.Image, change: Change) -> Image.Image:
    small = image.resize([max(round(side * change.between(0.5, 0.25)), 8) for side in image.size])
    file = io.BytesIO()
    small.resize(image.size).save(file, "JPEG", quality=20)
    return Image.open(io.BytesIO(file.getvalue()))


def _stickers(image: Image.Image, change: Change) -> Image.Image:
    image = image.copy()
    pen = ImageDraw.Draw(image)
    for _ in range(3):
        side = change.between(0.15, 0.3) * max(image.size)
        left, top = change.random.uniform(0, image.width - side / 2), change.random.uniform(0, image.height - side / 2)
        pen.ellipse((left, top, left + side, top + side), fill=_colour(change))
    return image


def _mirror(image: Image.Image, _: Change) -> Image.Image:
    return ImageOps.mirror(image)


def _grey(image: Image.Image, _: Change) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _cropped_mirror(image: Image.Image, change: Change) -> Image.Image:
    return _crop(0.55, 0.8)(ImageOps.mirror(image), change)


def _colour(change: Change) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in change.random.integers(0, 256, 3))
    return red, green, blue


KINDS: dict[str, Callable[[Image.Image, Change], Image.Image]] = {
    "plain copy": _copy,
    "mirrored": _mirror,
    "greyscale": _grey,
    "blurred": _blur,
    "meme text": _meme,
    "turned": _turn,
    "perspective": _perspective,
    "screenshot": _screenshot,
    "pasted small": _pasted,
    "dark": _dark,
    "cropped to 60 %": _crop(0.52, 0.68),
    "cropped to 45 %": _crop(0.40, 0.50),
}
"""The kinds that are tested."""
MORE_KINDS: dict[str, Callable[[Image.Image, Change], Image.Image]] = {
    "bright": _bright,
    "tinted": _tinted,
    "framed": _framed,
    "stretched": _stretched,
    "coarse": _coarse,
    "stickers": _stickers,
    "cropped and mirrored": _cropped_mirror,
}
"""Kinds for calibration only."""
