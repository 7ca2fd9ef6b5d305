"""The modules to draw with, grouped by idea, and cells that are drawings of them."""

from graphnet.modules.char_rnn import char_rnn as char_rnn
from graphnet.modules.char_rnn import unroll as unroll
from graphnet.modules.containers import ConcatTable as ConcatTable
from graphnet.modules.containers import ParallelTable as ParallelTable
from graphnet.modules.containers import Sequential as Sequential
from graphnet.modules.criterions import ClassNLLCriterion as ClassNLLCriterion
from graphnet.modules.criterions import CrossEntropyCriterion as CrossEntropyCriterion
from graphnet.modules.criterions import MSECriterion as MSECriterion
from graphnet.modules.linear import Linear as Linear
from graphnet.modules.lookup import LookupTable as LookupTable
from graphnet.modules.lookup import OneHot as OneHot
from graphnet.modules.lstm import lstm as lstm
from graphnet.modules.lstm import lstm_of_eight_linears as lstm_of_eight_linears
from graphnet.modules.noise import Dropout as Dropout
from graphnet.modules.rnn import rnn as rnn
from graphnet.modules.shape import Identity as Identity
from graphnet.modules.shape import Narrow as Narrow
from graphnet.modules.table import CAddTable as CAddTable
from graphnet.modules.table import CMulTable as CMulTable
from graphnet.modules.table import JoinTable as JoinTable
from graphnet.modules.table import SelectTable as SelectTable
from graphnet.modules.table import SplitTable as SplitTable
from graphnet.modules.transfer import LogSoftMax as LogSoftMax
from graphnet.modules.transfer import Sigmoid as Sigmoid
from graphnet.modules.transfer import Tanh as Tanh
