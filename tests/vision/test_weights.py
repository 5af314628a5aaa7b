"""Weights come from a file, a cache or the net; every way that fails is one line."""

import hashlib
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from vision import Encoder, WeightsError, load_encoder
from vision.weights import cached_or_downloaded, download_weights

VGG_WIDTHS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
VGG_WIDTHS |= {17: (256, 512)} | dict.fromkeys((19, 21, 24, 26, 28), (512, 512))


def random_vgg() -> dict[str, torch.Tensor]:
    """VGG16's convolutions, made up; no classifier, which would weigh half a gigabyte."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for layer, (wide, out) in VGG_WIDTHS.items():
        weight = torch.randn(out, wide, 3, 3, generator=generator) * (2 / (9 * wide)) ** 0.5
        state |= {f"features.{layer}.weight": weight, f"features.{layer}.bias": torch.zeros(out)}
    return state


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "vgg.pth"
    torch.save(random_vgg(), path)
    return path


@pytest.fixture(scope="module")
def vgg(vgg_file: Path) -> Encoder:
    return load_encoder("vgg16", weights=vgg_file, device="cpu")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """No network and an empty cache of torchvision's; returns the cache."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    urllib.request.install_opener(urllib.request.build_opener())  # one that knows this proxy
    yield tmp_path / "torch" / "hub" / "checkpoints"
    monkeypatch.undo()
    urllib.request.install_opener(urllib.request.build_opener())


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The address of a server and the folder that it serves."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_vgg_gives_the_last_pooling_as_regions(vgg: Encoder) -> None:
    pictures = [Image.new("RGB", (30, 20), colour) for colour in ("red", "navy")]
    features = vgg.encode(pictures)
    for one in features:
        assert one.regions.shape == (49, 512) == (49, vgg.region_dimension)
        assert one.regions.dtype == np.float32
        assert one.regions.min() >= 0
        assert one.vector.shape == (vgg.dimension,)
        assert abs(np.linalg.norm(one.vector) - 1) < 1e-5
        assert one.attributes == ()
    alone = vgg.encode(pictures[1:])[0]
    assert alone.vector.tobytes() == features[1].vector.tobytes()


def test_safetensors_weigh_the_same_and_say_which_file_they_are(vgg: Encoder, tmp_path: Path) -> None:
    save_file(random_vgg(), tmp_path / "vgg.safetensors")
    other = load_encoder("vgg16", weights=tmp_path / "vgg.safetensors", device="cpu")
    picture = [Image.new("RGB", (30, 20), "teal")]
    assert other.encode(picture)[0].vector.tobytes() == vgg.encode(picture)[0].vector.tobytes()
    assert other.identity != vgg.identity
    again = load_encoder("vgg16", weights=tmp_path / "vgg.safetensors", device="cpu")
    assert other.identity == again.identity
    assert other.identity.startswith("vgg16-")


def test_vgg_without_any_weights_names_the_ways(offline: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_encoder("vgg16", device="cpu")
    for way in ("--weights", str(offline), "vgg16-397923af.pth", "download", "refused", "efficientnet-lite0"):
        assert way in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(offline.iterdir())


def test_what_is_cached_is_checked_by_its_digest(offline: Path, vgg_file: Path) -> None:
    offline.mkdir(parents=True)
    content = vgg_file.read_bytes()
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    for file in (name, "vgg16-397923af.pth"):
        (offline / file).write_bytes(content)
    assert cached_or_downloaded(f"http://127.0.0.1:9/{name}", "vgg16") == offline / name
    with pytest.raises(WeightsError, match=r"vgg16-397923af.pth is not the file that was published .*remove it"):
        load_encoder("vgg16", device="cpu")


@pytest.mark.parametrize("whole", [True, False])
def test_a_download_appears_only_when_it_is_whole(served: tuple[str, Path], tmp_path: Path, whole: bool) -> None:
    address, folder = served
    content = b"weights" * 1000
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(content if whole else content[:-1])
    target = tmp_path / "new" / "net.pth"
    if whole:
        download_weights(f"{address}/{name}", target)
        assert target.read_bytes() == content
    else:
        with pytest.raises(OSError, match="not the expected one"):
            download_weights(f"{address}/{name}", target)
    assert [path.name for path in target.parent.iterdir()] == (["net.pth"] if whole else [])


class Trap:
    """Unpickled by a careless loader, it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_unusable_weights_are_one_line(tmp_path: Path) -> None:
    state = random_vgg()
    files = {name: tmp_path / name for name in ("text.pth", "text.safetensors", "empty.pth", "list.pth", "trap.pth")}
    files["text.pth"].write_text("hello")
    files["text.safetensors"].write_text("hello")
    files["empty.pth"].touch()
    torch.save([1, 2], files["list.pth"])
    torch.save({"features.0.weight": Trap(tmp_path / "sprung")}, files["trap.pth"])
    for path in (*files.values(), tmp_path / "none.pth", tmp_path):
        with pytest.raises(WeightsError) as caught:
            load_encoder("vgg16", weights=path, device="cpu")
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "sprung").exists()

    del state["features.28.bias"]
    torch.save(state, tmp_path / "short.pth")
    with pytest.raises(WeightsError, match=r"no tensor 'features.28.bias'; expected the weights of vgg16"):
        load_encoder("vgg16", weights=tmp_path / "short.pth", device="cpu")
    state |= {"features.28.bias": torch.zeros(7)}
    torch.save(state, tmp_path / "shape.pth")
    with pytest.raises(WeightsError, match=r"'features.28.bias' has shape \(7,\), expected \(512,\)"):
        load_encoder("vgg16", weights=tmp_path / "shape.pth", device="cpu")


def test_weights_of_another_network_are_refused(vgg_file: Path) -> None:
    with pytest.raises(WeightsError, match="expected the weights of efficientnet-lite0"):
        load_encoder("efficientnet-lite0", weights=vgg_file, device="cpu")
