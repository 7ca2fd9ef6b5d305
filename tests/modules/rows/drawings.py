"""Rows of drawings."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.rows.row import Row, real, whole

ROWS: dict[str, list[Row]] = {
    "rnn": [Row(lambda: nn.rnn(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3)],
    "lstm": [
        Row(lambda: nn.lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3),
    ],
    "lstm_of_eight_linears": [
        Row(
            lambda: nn.lstm_of_eight_linears(3, 2),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "joined_rnn": [
        Row(lambda: nn.joined_rnn(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
    ],
    "peephole_lstm": [
        Row(
            lambda: nn.peephole_lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3
        ),
        Row(
            lambda: nn.peephole_lstm(3, 2, full=True),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "coupled_lstm": [
        Row(
            lambda: nn.coupled_lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3
        ),
    ],
    "layer_norm_lstm": [
        Row(
            lambda: nn.layer_norm_lstm(3, 4),
            lambda b, f: [real(b, 3), real(b, 4), real(b, 4)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "gru": [
        Row(lambda: nn.gru(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
        Row(lambda: nn.gru(3, 2, "cudnn"), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
    ],
    "stacked": [
        Row(
            lambda: nn.stacked([nn.lstm(3, 2), nn.rnn(2, 4)], 0.5),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2), real(b, 4)],
            "gModule(4 in, 3 out)",
            3,
        ),
    ],
    "variational": [
        Row(
            lambda: nn.variational(nn.gru(3, 2), 0.5),
            lambda b, f: [real(b, 3), real(b, 2)],
            "gModule(2 in, 1 out)",
            3,
        ),
    ],
    "attention": [
        Row(lambda: nn.attention(2, 3, 4), lambda b, f: [real(b, 2), real(b, f, 3)], "gModule(2 in, 2 out)"),
        Row(
            lambda: nn.attention(2, 3, 4, masked=True),
            lambda b, f: [real(b, 2), real(b, f, 3), whole(2, b, f)],
            "gModule(3 in, 2 out)",
        ),
    ],
    "dot_product_attention": [
        Row(lambda: nn.dot_product_attention(3), lambda b, f: [real(b, 3), real(b, f, 3)], "gModule(2 in, 2 out)"),
    ],
    "attending": [
        Row(
            lambda: nn.attending(nn.lstm(5, 2), nn.attention(2, 3, 4)),
            lambda b, f: [real(b, 2), real(b, f, 3), real(b, 2), real(b, 2)],
            "gModule(4 in, 4 out)",
        ),
    ],
    "terminal_state": [
        Row(
            lambda: nn.terminal_state(3, 2),
            lambda b, f: [[real(b, 2) + t for t in range(3)], np.eye(3)[np.arange(b) % 3]],
            "gModule(2 in, 1 out)",
        ),
    ],
    "bidirectional": [
        Row(
            lambda: nn.bidirectional(nn.rnn(3, 2), nn.gru(3, 2)), lambda b, f: real(f, b, 3), "gModule(1 in, 1 out)", 3
        ),
        Row(
            lambda: nn.bidirectional(nn.rnn(3, 2), nn.lstm(3, 2), lengths=True, batch_first=True),
            lambda b, f: [real(b, f, 3), whole(f + 1, b)],
            "gModule(2 in, 1 out)",
            3,
        ),
    ],
    "char_rnn": [
        Row(
            lambda: nn.char_rnn(4, 2, 2, 0.5),
            lambda b, f: [whole(4, b), *(real(b, 2) for _ in range(4))],
            "gModule(5 in, 5 out)",
        ),
    ],
}
