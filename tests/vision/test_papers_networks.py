"""The papers' networks, each with random weights in its real architecture: the features are torchvision's own."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import get_model
from torchvision.transforms.functional import normalize, to_tensor

from vision import Encoder, PictureFeatures, load_encoder

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# our name: torchvision's name and options, the layer of the regions, the picture's side, the shape of the regions
NETWORKS: dict[str, tuple[str, dict[str, Any], str, int, tuple[int, int]]] = {
    "vgg16": ("vgg16", {}, "features", 224, (49, 512)),
    "vgg19": ("vgg19", {}, "features", 224, (49, 512)),
    "resnet152": ("resnet152", {}, "layer4", 224, (49, 2048)),
    "inception-v3": ("inception_v3", {"transform_input": True, "init_weights": False}, "Mixed_7c", 299, (64, 2048)),
}


def random_network(name: str) -> torch.nn.Module:
    """torchvision's network with made-up weights; VGG's classifier, half a gigabyte, is one number again and again."""
    model, options, *_ = NETWORKS[name]
    with torch.device("meta"):
        network = get_model(model, weights=None, **options)
    network = network.to_empty(device="cpu").eval()
    generator = torch.Generator().manual_seed(0)
    for key, tensor in network.state_dict().items():
        if key.endswith(("running_mean", "bias")) or not tensor.is_floating_point():
            tensor.zero_()
        elif tensor.ndim < 2:
            tensor.fill_(1.0)
        elif key.startswith("classifier."):
            tensor.fill_(1e-4)
        else:
            bound = (3 / tensor[0].numel()) ** 0.5
            tensor.uniform_(-bound, bound, generator=generator)
    if name.startswith("vgg"):
        network.state_dict()["classifier.6.bias"][[281, 7, 950]] = torch.tensor([4.0, 2.0, 3.0])
    return network


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A name, torchvision's network, and our encoder from a file of its weights; one at a time."""
    name = request.param
    reference = random_network(name)
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    state = {
        key: tensor[:1, :1].clone().expand(tensor.shape)
        if key.startswith("classifier.") and tensor.ndim == 2
        else tensor
        for key, tensor in reference.state_dict().items()
        if not key.startswith("AuxLogits.")
    }
    torch.save(state, path)
    yield name, reference, load_encoder(name, weights=path, device="cpu")
    path.unlink()


def theirs(name: str, reference: torch.nn.Module, picture: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
    """The map and the logits, by torchvision's own code."""
    kept = []
    hook = reference.get_submodule(NETWORKS[name][2]).register_forward_hook(lambda *call: kept.append(call[2]))
    with torch.inference_mode():
        logits = reference(normalize(to_tensor(picture), MEAN, DEVIATION)[None])[0]
    hook.remove()
    return kept[0][0], logits


def ours(encoder: Encoder, picture: Image.Image) -> PictureFeatures:
    return encoder.encode([picture])[0]


def test_features_are_torchvisions(network: tuple[str, torch.nn.Module, Encoder]) -> None:
    name, reference, encoder = network
    *_, side, shape = NETWORKS[name]
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8))
    maps, logits = theirs(name, reference, picture)
    features = ours(encoder, picture)
    expected = maps.flatten(1).T.numpy()
    assert features.regions.shape == expected.shape == shape
    assert encoder.region_dimension == shape[1]
    assert np.allclose(features.regions, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    hidden = expected.mean(0)  # of Inception-v3, the final hidden vector
    part = features.vector[: shape[1]]
    assert features.vector.shape == (encoder.dimension,)
    assert np.allclose(part / np.linalg.norm(part), hidden / np.linalg.norm(hidden), atol=1e-4)
    five = torch.softmax(logits, 0).topk(5).values.numpy()
    assert np.allclose([probability for _, probability in features.attributes], five, atol=1e-3)


def test_a_picture_of_any_size_has_finite_features(network: tuple[str, torch.nn.Module, Encoder]) -> None:
    _, _, encoder = network
    features = ours(encoder, Image.new("RGB", (3, 500), "teal"))
    assert np.isfinite(features.regions).all()
    assert abs(np.linalg.norm(features.vector) - 1) < 1e-5
