"""The translator: an encoder that reads in both directions, and a decoder that looks at what it needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from graphnet.examples.translation.dates import N_CHARACTERS, SOURCE, START, TARGET, mask_of
from graphnet.nesting import Array


def draw_encoder(n: int, embedding: int) -> gn.gModule:
    """Draw the reader of the source: a vector for each character, and for what stands before and after it.

    Parameters
    ----------
    n : int
        The number of units in each direction.
    embedding : int
        The length of the characters' vectors.

    Returns
    -------
    gModule
        Of [source, lengths], B x S and B, to the memory, B x S x 2n.

    Examples
    --------
    >>> draw_encoder(4, 3).forward([np.zeros((2, 7), int), np.array([7, 5])]).shape
    (2, 7, 8)
    """
    source, lengths = nn.Identity()(), nn.Identity()()
    characters = nn.LookupTable(len(SOURCE), embedding)(source)
    cells = nn.gru(embedding, n), nn.gru(embedding, n)
    memory = nn.bidirectional(*cells, lengths=True, batch_first=True)([characters, lengths])
    gn.annotate_nodes()
    return gn.gModule([source, lengths], [memory])


def draw_decoder(n: int, embedding: int) -> gn.Recurrence:
    """Draw the writer of the date: at every step it looks into the memory, and writes a character.

    Parameters
    ----------
    n : int
        The number of units; entries of the memory are twice as long.
    embedding : int
        The length of the characters' vectors.

    Returns
    -------
    Recurrence
        Of [previous characters, memory, mask], T x B, B x S x 2n and B x S, to [log-probabilities, weights, *states],
        T x B x V and T x B x S: the weights are what it looked at.

    Examples
    --------
    >>> found = draw_decoder(4, 3).forward([np.zeros((10, 2), int), np.zeros((2, 7, 8)), np.ones((2, 7), int)])
    >>> found[0].shape, found[1].shape
    ((10, 2, 12), (10, 2, 7))
    """
    previous, memory, mask = nn.Identity()(), nn.Identity()(), nn.Identity()()
    prev_c, prev_h = nn.Identity()(), nn.Identity()()
    character = nn.LookupTable(len(TARGET), embedding)(previous)
    cell = nn.attending(nn.lstm(embedding + 2 * n, n), nn.attention(n, 2 * n, n, masked=True))
    looking = cell([character, memory, mask, prev_c, prev_h])
    next_c, next_h, context, weights = looking.split(4)
    scores = nn.Linear(3 * n, len(TARGET))(nn.JoinTable(1)([next_h, context]))
    log_probabilities = nn.LogSoftMax()(scores)
    gn.annotate_nodes()
    step = gn.gModule([previous, memory, mask, prev_c, prev_h], [next_c, next_h, log_probabilities, weights])
    return gn.Recurrence(step, constants=["memory", "mask"], final_states=True)


class Translator:
    """An encoder and a decoder, and the net of both in which they learn.

    Parameters
    ----------
    n, embedding : int
        The number of units, and the length of the characters' vectors.

    Attributes
    ----------
    encoder : gModule
    decoder : Recurrence
    net : gModule
        Of [source, lengths, mask, previous] to the log-probabilities of the next characters.

    Examples
    --------
    >>> translator = Translator(4, 3)
    >>> dates, weights = translator.translate(["3 March 1994", "3.3.94"])
    >>> [len(date) for date in dates], weights.shape
    ([10, 10], (10, 2, 12))
    """

    def __init__(self, n: int, embedding: int) -> None:
        self.encoder = draw_encoder(n, embedding).float()
        self.decoder = draw_decoder(n, embedding).float()
        source, lengths, mask, previous = (nn.Identity()() for _ in range(4))
        memory = self.encoder([source, lengths])
        log_probabilities = self.decoder([previous, memory, mask])[0]
        gn.annotate_nodes()
        self.net = gn.gModule([source, lengths, mask, previous], [log_probabilities])

    def translate(self, texts: Sequence[str]) -> tuple[list[str], Array]:
        """Write the dates of texts, the most probable character at every step, and given to the next one.

        Returns
        -------
        list of str, ndarray
            What was written, and the weights of attention, T x B x S.
        """
        lengths = np.array([len(text) for text in texts])
        source = np.zeros((len(texts), lengths.max()), np.intp)
        for row, text in zip(source, texts, strict=True):
            row[: len(text)] = SOURCE.encode(text)
        memory, mask = self.encoder.forward([source, lengths]), mask_of(source, lengths)
        stream = gn.Stream(self.decoder)
        latest = np.full((1, len(texts)), TARGET.encode(START))
        characters, weights = [], []
        for _ in range(N_CHARACTERS):
            log_probabilities, looked = stream.forward([latest, memory, mask])
            latest = log_probabilities.argmax(-1)
            characters.append(latest[0])
            weights.append(looked[0])
        return [TARGET.decode(row) for row in np.transpose(characters)], np.array(weights)
