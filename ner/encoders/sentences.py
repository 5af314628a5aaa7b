"""Finding a sentence encoder, which makes one vector of a whole text: where `ner.encoders.hub` finds encoders."""

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from ner.checkpoints import pick_device
from ner.encoders.hub import find_encoder, first_line, hub_answers, quiet
from ner.errors import EncoderNotFoundError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_sentence_encoder(name: str, *, device: str = "auto") -> "SentenceTransformer":
    """A sentence encoder by the name of a package, a folder or the hub.

    Args:
        name: ``all-MiniLM-L6-v2``, a folder, or a name on the hub.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        DeviceError: There is no such device.
        EncoderNotFoundError: It is in no folder, no package, and cannot be had from the hub.
    """
    where, place = str(pick_device(device)), find_encoder(name)
    local = Path(place).is_dir() or not hub_answers()
    try:
        with quiet():
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(place, device=where, local_files_only=local)
    except (OSError, ValueError, SafetensorError) as error:
        raise EncoderNotFoundError(
            f"sentence encoder {name!r} was not found: give 'words', 'all-MiniLM-L6-v2', a folder, or a model that the "
            f"Hugging Face hub can be asked for ({first_line(error)})"
        ) from error
