"""Flags as geometry, and plain posters for people of whom no free photograph ships in a Python package."""

from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = str
SIZE = (360, 240)


def vertical_bands(*colours: Colour, size: tuple[int, int] = SIZE) -> Image.Image:
    """A flag of equal vertical bands, hoist first."""
    picture, draw = _canvas(size)
    width = size[0] / len(colours)
    for i, colour in enumerate(colours):
        draw.rectangle((i * width, 0, (i + 1) * width, size[1]), fill=colour)
    return picture


def horizontal_bands(*colours: Colour, size: tuple[int, int] = SIZE) -> Image.Image:
    """A flag of equal horizontal bands, top first."""
    picture, draw = _canvas(size)
    height = size[1] / len(colours)
    for i, colour in enumerate(colours):
        draw.rectangle((0, i * height, size[0], (i + 1) * height), fill=colour)
    return picture


def as_cloth(picture: Image.Image) -> Image.Image:
    """The picture on cloth in a light wind: a network for photographs sees more in it than in perfectly flat colour."""
    pixels = np.asarray(picture).astype(float)
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    lifted = np.clip(y + 6 * np.sin(3 * np.pi * x / width), 0, height - 1).round().astype(int)
    light = 0.925 + 0.15 * np.sin(2 * np.pi * (1.5 * x / width + 0.35 * y / height))
    weave = np.random.default_rng(1).normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(pixels[lifted, x] * light[..., None] + weave, 0, 255).astype(np.uint8))


def flag_of_jordan() -> Image.Image:
    """Black, white and green, a red triangle at the hoist with a white star of seven points."""
    picture = horizontal_bands("#000000", "#ffffff", "#007a3d", size=(440, 220))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 0), (220, 110), (0, 220)], fill="#ce1126")
    draw.polygon(_star((73, 110), outer=18, inner=9, points=7), fill="#ffffff")
    return picture


def flag_of_georgia() -> Image.Image:
    """The red cross of Saint George with four small crosses."""
    picture, draw = _canvas(SIZE, "#ffffff")
    width, height = SIZE
    arm = height // 5
    draw.rectangle((width / 2 - arm / 2, 0, width / 2 + arm / 2, height), fill="#ff0000")
    draw.rectangle((0, height / 2 - arm / 2, width, height / 2 + arm / 2), fill="#ff0000")
    for x in (width * 0.217, width * 0.783):
        for y in (height * 0.2, height * 0.8):
            draw.rectangle((x - 7, y - 22, x + 7, y + 22), fill="#ff0000")
            draw.rectangle((x - 22, y - 7, x + 22, y + 7), fill="#ff0000")
    return picture


def flag_of_georgia_state() -> Image.Image:
    """Red, white, red with a blue canton and thirteen stars in a ring; the coat of arms is left as a golden disc."""
    picture = horizontal_bands("#bf0a30", "#ffffff", "#bf0a30")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 160, 160), fill="#002868")
    draw.ellipse((52, 52, 108, 108), fill="#e6b547", outline="#ffffff", width=3)
    for i in range(13):
        angle = 2 * pi * i / 13 - pi / 2
        centre = (80 + 58 * cos(angle), 80 + 58 * sin(angle))
        draw.polygon(_star(centre, outer=11, inner=4.5, points=5), fill="#ffffff")
    return picture


def poster_of_drummer() -> Image.Image:
    """A drum kit in orange light, with the name of Chad Smith."""
    picture, draw = _canvas((300, 360), "#e8590c")
    draw.polygon([(150, 0), (20, 360), (280, 360)], fill="#ff922b")
    for x, y, radius in ((150, 235, 62), (80, 170, 34), (220, 170, 34)):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#f8f0e3", outline="#2b2118", width=7)
    for x in (48, 252):
        draw.ellipse((x - 44, 96, x + 44, 116), fill="#ffd43b", outline="#2b2118", width=3)
        draw.line((x, 106, x, 290), fill="#2b2118", width=4)
    draw.line((110, 60, 165, 165), fill="#2b2118", width=6)
    draw.line((200, 60, 140, 165), fill="#2b2118", width=6)
    return _caption(picture, "CHAD SMITH", "drums", colour="#2b2118")


def poster_of_jersey() -> Image.Image:
    """A red jersey with the number 23 and the name Jordan."""
    picture, draw = _canvas((300, 360), "#dee2e6")
    shape = [(85, 30), (115, 30), (150, 75), (185, 30), (215, 30), (222, 110), (262, 130), (262, 335), (38, 335)]
    draw.polygon([*shape, (38, 130), (78, 110)], fill="#ce1141", outline="#111111", width=6)
    draw.text((150, 140), "JORDAN", font=_font(36), fill="#ffffff", anchor="mm")
    draw.text((150, 230), "23", font=_font(130), fill="#ffffff", stroke_width=4, stroke_fill="#111111", anchor="mm")
    return picture


def poster_of_singer() -> Image.Image:
    """A microphone in a violet spotlight, with the name of Phil Collins."""
    picture, draw = _canvas((300, 360), "#1b1035")
    draw.polygon([(60, 0), (110, 0), (280, 300), (40, 300)], fill="#5f3dc4")
    draw.ellipse((30, 262, 290, 322), fill="#7950f2")
    draw.line((160, 120, 160, 292), fill="#ced4da", width=8)
    draw.rounded_rectangle((138, 56, 182, 130), radius=22, fill="#adb5bd", outline="#f8f9fa", width=4)
    for y in range(66, 126, 10):
        draw.line((142, y, 178, y), fill="#495057", width=2)
    return _caption(picture, "PHIL COLLINS", "live", colour="#f3f0ff")


def poster_of_painter() -> Image.Image:
    """A lighted window at a night street corner, with the name of Edward Hopper."""
    picture, draw = _canvas((360, 280), "#12343b")
    draw.polygon([(0, 190), (360, 150), (360, 280), (0, 280)], fill="#2d545e")
    draw.polygon([(70, 70), (360, 40), (360, 165), (70, 175)], fill="#f2e394")
    draw.polygon([(70, 140), (360, 120), (360, 165), (70, 175)], fill="#8c4a2f")
    for x in (130, 225, 290):
        draw.ellipse((x - 11, 84, x + 11, 108), fill="#5c3a21")
        draw.rectangle((x - 14, 106, x + 14, 142), fill="#22333b")
    draw.polygon([(40, 60), (360, 22), (360, 42), (40, 78)], fill="#0b2027")
    return _caption(picture, "EDWARD HOPPER", "paintings", colour="#f2e394")


def poster_of_scarf() -> Image.Image:
    """A blue and white supporters' scarf that says Chelsea."""
    picture, draw = _canvas((380, 220), "#e9ecef")
    draw.rectangle((30, 70, 350, 150), fill="#034694")
    for x in (30, 62, 302, 334):
        draw.rectangle((x, 70, x + 16, 150), fill="#ffffff")
    for y in range(72, 150, 9):
        draw.line((12, y, 30, y), fill="#034694", width=4)
        draw.line((350, y, 368, y), fill="#034694", width=4)
    draw.text((190, 110), "CHELSEA", font=_font(46), fill="#ffffff", anchor="mm")
    return picture


def _canvas(size: tuple[int, int], colour: Colour = "#ffffff") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", size, colour)
    return picture, ImageDraw.Draw(picture)


def _star(centre: tuple[float, float], *, outer: float, inner: float, points: int) -> list[tuple[float, float]]:
    corners = []
    for i in range(2 * points):
        radius = inner if i % 2 else outer
        angle = pi * i / points - pi / 2
        corners.append((centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)))
    return corners


def _caption(picture: Image.Image, name: str, line: str, *, colour: Colour) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    x, bottom = picture.width / 2, picture.height
    draw.text((x, bottom - 40), name, font=_font(34), fill=colour, anchor="mm")
    draw.text((x, bottom - 14), line, font=_font(18), fill=colour, anchor="mm")
    return picture


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
