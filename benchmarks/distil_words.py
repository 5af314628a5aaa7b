"""Distil the meanings of words from the sentence encoder, and write linker/weights/word_meanings.npz.

    python -m benchmarks.distil_words

The encoder (all-MiniLM-L6-v2) reads 34,528 texts: what mel-context knows of the entities that none of its posts may
mean (label and description), and the tweets of Twitter-2015 and -2017 (train). Its vectors are brought to 64 dimensions
(principal components). Then a vector for each token of its vocabulary is fitted so that the sum over a text's tokens
points where the encoder's vector does. They begin as what the encoder makes of the token alone, scaled by how rare it
is (Zipf's law by its rank), and tokens that no text has stay so. No gold link is used. It takes a quarter of an hour
on one core, most of it the encoder's; what it made of the texts is kept for the next time.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

import linker
from benchmarks.linking_sets import LINKING, mel_graph, mel_rows, read_gold, to_link
from benchmarks.options import take_no_options
from benchmarks.sample import SHARED, WORK
from kg import AliasIndex, normal_form
from linker.word_meanings import ENCODER, RARE_FROM, load_pieces
from ner import read_posts
from ner.encoders.hub import load_encoder

DIMENSION, EPOCHS, BATCH, RATE, SEED = 64, 3, 256, 5e-3, 0
_RARITY = 1e-4
_LONGEST = 64  # tokens
_CHARACTERS = 400


def read_texts() -> list[str]:
    """The texts that the encoder reads."""
    with mel_graph() as graph:
        aliases = AliasIndex(graph)
        meant = {
            match.entity.iri
            for post in read_gold(LINKING / "mel-context" / "posts.jsonl")
            for matches in to_link(post, aliases).matches
            for match in matches
        }
    texts = [
        ". ".join(filter(None, (row["label"], row["description"])))[:_CHARACTERS]
        for row in mel_rows()
        if row["iri"] not in meant
    ]
    for name in ("twitter2015", "twitter2017"):
        texts += [" ".join(post.tokens) for post in read_posts(SHARED / "data" / name / "train.txt")]
    return texts


def encode(texts: Sequence[str], model: Any, tokenizer: Any) -> torch.Tensor:
    """What the encoder makes of each text, (N, H) float32, of length 1."""
    vectors = torch.zeros(len(texts), model.config.hidden_size)
    order = torch.tensor(sorted(range(len(texts)), key=lambda place: len(texts[place])))
    with torch.inference_mode():
        for places in order.split(64):
            chosen = [texts[place] for place in places.tolist()]
            batch = tokenizer(chosen, truncation=True, max_length=_LONGEST, padding=True, return_tensors="pt")
            mask = batch["attention_mask"][..., None]
            states = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
            vectors[places] = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
    return vectors


def encode_tokens(model: Any, tokenizer: Any) -> torch.Tensor:
    """What the encoder makes of each token of its vocabulary by itself, (V, H) float32."""
    rows = []
    with torch.inference_mode():
        for part in torch.arange(tokenizer.vocab_size).split(512):
            ends = [torch.full_like(part, end) for end in (tokenizer.cls_token_id, tokenizer.sep_token_id)]
            rows.append(model(input_ids=torch.stack([ends[0], part, ends[1]], dim=1)).last_hidden_state.mean(dim=1))
    return torch.cat(rows)


def fit(texts: Sequence[str], vectors: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """The vectors of the tokens, (V, D) float32.

    Args:
        texts: The texts.
        vectors: What the encoder made of them, (N, H).
        tokens: What it made of each token, (V, H).
    """
    torch.manual_seed(SEED)
    centred = vectors - vectors.mean(dim=0)
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, :DIMENSION]
    aims = torch.nn.functional.normalize(centred @ axes, dim=1)
    rank = (torch.arange(len(tokens)) - RARE_FROM).clamp(min=0) + 1
    share = (1 / rank) / (1 / rank).sum()
    table = torch.nn.EmbeddingBag(len(tokens), DIMENSION, mode="sum", sparse=True)
    table.weight.data = ((tokens - tokens.mean(dim=0)) @ axes * (_RARITY / (_RARITY + share))[:, None]).contiguous()
    optimiser = torch.optim.SparseAdam(table.parameters(), lr=RATE)
    pieces = load_pieces()
    ids = [pieces.encode(normal_form(text), add_special_tokens=False).ids[:_LONGEST] or [0] for text in texts]
    for epoch in range(EPOCHS):
        total = 0.0
        for places in torch.randperm(len(texts)).split(BATCH):
            bags = [torch.tensor(ids[place]) for place in places.tolist()]
            starts = torch.tensor([0, *(len(bag) for bag in bags[:-1])]).cumsum(0)
            sums = torch.nn.functional.normalize(table(torch.cat(bags), starts), dim=1)
            loss = (1 - (sums * aims[places]).sum(dim=1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(places)
        print(f"epoch {epoch + 1}: 1 - cosine {total / len(texts):.4f}", flush=True)
    return table.weight.detach()


def read_or_encode() -> tuple[list[str], torch.Tensor, torch.Tensor]:
    """The texts, and what the encoder made of them and of the tokens; kept once they are made."""
    kept = WORK / "distil_words.npz"
    if not kept.exists():
        model, tokenizer = load_encoder(ENCODER)
        texts = read_texts()
        kept.parent.mkdir(parents=True, exist_ok=True)
        vectors = encode(texts, model, tokenizer).to(torch.float16).numpy()
        np.savez(kept, texts=json.dumps(texts), vectors=vectors, tokens=encode_tokens(model, tokenizer).numpy())
    with np.load(kept) as stored:
        texts, vectors, tokens = json.loads(str(stored["texts"])), stored["vectors"], stored["tokens"]
    return texts, torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(tokens)


def main() -> None:
    """Fit and write."""
    texts, vectors, tokens = read_or_encode()
    print(f"{len(texts):,} texts")
    table = fit(texts, vectors, tokens).numpy()
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
    path = Path(linker.__file__).parent / "weights" / "word_meanings.npz"
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, vectors=np.round(table / scale).astype(np.int8), scale=scale.astype(np.float32))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
