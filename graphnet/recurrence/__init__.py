"""A drawn step along time: one module for sequences of any length, and streams that come in pieces."""

from graphnet.recurrence.layer import Recurrence as Recurrence
from graphnet.recurrence.stream import Stream as Stream
