"""Batches: data cut into pairs of an input and a target, epoch by epoch; and the vocabulary that numbers symbols.

All batchers keep one protocol, :class:`Batches`: what an epoch gives depends on the seed and its number alone, so a
training that was stopped goes on from two integers, the epoch and the place in it.
"""

from graphnet.batches.contiguous import Contiguous as Contiguous
from graphnet.batches.protocol import Batch as Batch
from graphnet.batches.protocol import Batches as Batches
from graphnet.batches.protocol import Epoch as Epoch
from graphnet.batches.protocol import as_batches as as_batches
from graphnet.batches.ragged import Ragged as Ragged
from graphnet.batches.shuffled import Shuffled as Shuffled
from graphnet.batches.vocabulary import Vocabulary as Vocabulary
