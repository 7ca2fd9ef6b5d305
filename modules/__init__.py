"""The modules to draw with, grouped by idea, and cells that are drawings of them."""

# Containers, and what watches the modules inside.
from graphnet.modules.containers import ConcatTable as ConcatTable
from graphnet.modules.containers import MapTable as MapTable
from graphnet.modules.containers import ParallelTable as ParallelTable
from graphnet.modules.containers import Sequential as Sequential
from graphnet.modules.branches import Concat as Concat
from graphnet.modules.branches import Parallel as Parallel
from graphnet.modules.bottle import Bottle as Bottle
from graphnet.modules.bottle import MergeLeading as MergeLeading
from graphnet.modules.bottle import RestoreLeading as RestoreLeading
from graphnet.modules.decorators import Decorator as Decorator
from graphnet.modules.decorators import NaN as NaN
from graphnet.modules.decorators import NaNCheck as NaNCheck
from graphnet.modules.decorators import PrintSize as PrintSize
from graphnet.modules.profile import Profile as Profile

# Products with weights.
from graphnet.modules.linear import Linear as Linear
from graphnet.modules.linear_weight_norm import LinearWeightNorm as LinearWeightNorm
from graphnet.modules.weight_norm import WeightNorm as WeightNorm
from graphnet.modules.partial_linear import PartialLinear as PartialLinear
from graphnet.modules.bilinear import Bilinear as Bilinear
from graphnet.modules.templates import Cosine as Cosine
from graphnet.modules.templates import Euclidean as Euclidean
from graphnet.modules.templates import WeightedEuclidean as WeightedEuclidean
from graphnet.modules.lookup import LookupTable as LookupTable
from graphnet.modules.lookup import OneHot as OneHot

# Gains and offsets.
from graphnet.modules.arithmetic import Add as Add
from graphnet.modules.arithmetic import AddConstant as AddConstant
from graphnet.modules.arithmetic import Mul as Mul
from graphnet.modules.arithmetic import MulConstant as MulConstant
from graphnet.modules.gains import CAdd as CAdd
from graphnet.modules.gains import CMul as CMul

# What passes on: all, a part, or more.
from graphnet.modules.shape import Identity as Identity
from graphnet.modules.shape import Narrow as Narrow
from graphnet.modules.shape import Padding as Padding
from graphnet.modules.shape import Select as Select
from graphnet.modules.dimensions import Replicate as Replicate
from graphnet.modules.dimensions import Squeeze as Squeeze
from graphnet.modules.dimensions import Unsqueeze as Unsqueeze
from graphnet.modules.reshape import Collapse as Collapse
from graphnet.modules.reshape import Reshape as Reshape
from graphnet.modules.reshape import View as View
from graphnet.modules.layout import Contiguous as Contiguous
from graphnet.modules.layout import Transpose as Transpose
from graphnet.modules.indexing import Index as Index
from graphnet.modules.indexing import MaskedSelect as MaskedSelect
from graphnet.modules.passing import Constant as Constant
from graphnet.modules.passing import Copy as Copy
from graphnet.modules.passing import L1Penalty as L1Penalty
from graphnet.modules.reversal import GradientReversal as GradientReversal
from graphnet.modules.reversal import ZeroGrad as ZeroGrad

# Sums, means and extremes.
from graphnet.modules.reductions import Max as Max
from graphnet.modules.reductions import Mean as Mean
from graphnet.modules.reductions import Min as Min
from graphnet.modules.reductions import Sum as Sum

# Products and distances of arrays.
from graphnet.modules.products import MM as MM
from graphnet.modules.products import MV as MV
from graphnet.modules.products import MixtureTable as MixtureTable
from graphnet.modules.pair_distances import CosineDistance as CosineDistance
from graphnet.modules.pair_distances import DotProduct as DotProduct
from graphnet.modules.pair_distances import PairwiseDistance as PairwiseDistance

# Noise and normalisation.
from graphnet.modules.noise import Dropout as Dropout
from graphnet.modules.noise import RReLU as RReLU
from graphnet.modules.noise import WhiteNoise as WhiteNoise
from graphnet.modules.normalisation import LayerNormalization as LayerNormalization
from graphnet.modules.normalisation import Normalize as Normalize
from graphnet.modules.batch_normalisation import BatchNormalization as BatchNormalization

# Sequences of different lengths.
from graphnet.modules.sequences import ReverseSequence as ReverseSequence
from graphnet.modules.sequences import SelectTerminal as SelectTerminal

# Lists of arrays.
from graphnet.modules.tables.arithmetic import CDivTable as CDivTable
from graphnet.modules.tables.arithmetic import CMaxTable as CMaxTable
from graphnet.modules.tables.arithmetic import CMinTable as CMinTable
from graphnet.modules.tables.arithmetic import CSubTable as CSubTable
from graphnet.modules.tables.parts import FlattenTable as FlattenTable
from graphnet.modules.tables.parts import NarrowTable as NarrowTable
from graphnet.modules.tables.parts import SelectTable as SelectTable
from graphnet.modules.tables.usual import CAddTable as CAddTable
from graphnet.modules.tables.usual import CMulTable as CMulTable
from graphnet.modules.tables.usual import JoinTable as JoinTable
from graphnet.modules.tables.usual import SplitTable as SplitTable
from graphnet.modules.tables.zipping import CAddTensorTable as CAddTensorTable
from graphnet.modules.tables.zipping import ZipTable as ZipTable
from graphnet.modules.tables.zipping import ZipTableOneToMany as ZipTableOneToMany

# Transfer functions.
from graphnet.modules.transfer.pointwise import Abs as Abs
from graphnet.modules.transfer.pointwise import Exp as Exp
from graphnet.modules.transfer.pointwise import Log as Log
from graphnet.modules.transfer.pointwise import Power as Power
from graphnet.modules.transfer.pointwise import Sqrt as Sqrt
from graphnet.modules.transfer.pointwise import Square as Square
from graphnet.modules.transfer.rectifiers import ELU as ELU
from graphnet.modules.transfer.rectifiers import CReLU as CReLU
from graphnet.modules.transfer.rectifiers import PReLU as PReLU
from graphnet.modules.transfer.rectifiers import ReLU6 as ReLU6
from graphnet.modules.transfer.rectifiers import Threshold as Threshold
from graphnet.modules.transfer.shrinkage import Clamp as Clamp
from graphnet.modules.transfer.shrinkage import HardShrink as HardShrink
from graphnet.modules.transfer.shrinkage import HardTanh as HardTanh
from graphnet.modules.transfer.shrinkage import SoftShrink as SoftShrink
from graphnet.modules.transfer.shrinkage import TanhShrink as TanhShrink
from graphnet.modules.transfer.smooth import LogSigmoid as LogSigmoid
from graphnet.modules.transfer.smooth import SoftPlus as SoftPlus
from graphnet.modules.transfer.smooth import SoftSign as SoftSign
from graphnet.modules.transfer.units import GatedLinearUnit as GatedLinearUnit
from graphnet.modules.transfer.units import Maxout as Maxout
from graphnet.modules.transfer.usual import LeakyReLU as LeakyReLU
from graphnet.modules.transfer.usual import LogSoftMax as LogSoftMax
from graphnet.modules.transfer.usual import ReLU as ReLU
from graphnet.modules.transfer.usual import Sigmoid as Sigmoid
from graphnet.modules.transfer.usual import SoftMax as SoftMax
from graphnet.modules.transfer.usual import SoftMin as SoftMin
from graphnet.modules.transfer.usual import Tanh as Tanh

# Frames and images.
from graphnet.modules.images.convolution import SpatialConvolution as SpatialConvolution
from graphnet.modules.images.convolution import SpatialDilatedConvolution as SpatialDilatedConvolution
from graphnet.modules.images.depth_concat import DepthConcat as DepthConcat
from graphnet.modules.images.depth_concat import JoinCentred as JoinCentred
from graphnet.modules.images.full_convolution import SpatialFullConvolution as SpatialFullConvolution
from graphnet.modules.images.normalisation import SpatialBatchNormalization as SpatialBatchNormalization
from graphnet.modules.images.normalisation import VolumetricBatchNormalization as VolumetricBatchNormalization
from graphnet.modules.images.pooling import SpatialAveragePooling as SpatialAveragePooling
from graphnet.modules.images.pooling import SpatialMaxPooling as SpatialMaxPooling
from graphnet.modules.images.resampling import SpatialUpSamplingNearest as SpatialUpSamplingNearest
from graphnet.modules.images.resampling import SpatialZeroPadding as SpatialZeroPadding
from graphnet.modules.images.temporal import TemporalConvolution as TemporalConvolution
from graphnet.modules.images.temporal import TemporalMaxPooling as TemporalMaxPooling

# Criterions.
from graphnet.modules.criterions.class_margins import MultiLabelMarginCriterion as MultiLabelMarginCriterion
from graphnet.modules.criterions.class_margins import MultiMarginCriterion as MultiMarginCriterion
from graphnet.modules.criterions.classes import ClassNLLCriterion as ClassNLLCriterion
from graphnet.modules.criterions.classes import CrossEntropyCriterion as CrossEntropyCriterion
from graphnet.modules.criterions.classes import MaskedLoss as MaskedLoss
from graphnet.modules.criterions.combined import MultiCriterion as MultiCriterion
from graphnet.modules.criterions.combined import ParallelCriterion as ParallelCriterion
from graphnet.modules.criterions.combined import SequenceCriterion as SequenceCriterion
from graphnet.modules.criterions.of_modules import CriterionTable as CriterionTable
from graphnet.modules.criterions.of_modules import ModuleCriterion as ModuleCriterion
from graphnet.modules.criterions.pairs import CosineEmbeddingCriterion as CosineEmbeddingCriterion
from graphnet.modules.criterions.pairs import DistanceRatioCriterion as DistanceRatioCriterion
from graphnet.modules.criterions.pairs import L1HingeEmbeddingCriterion as L1HingeEmbeddingCriterion
from graphnet.modules.criterions.pairs import MarginRankingCriterion as MarginRankingCriterion
from graphnet.modules.criterions.pixels import SpatialClassNLLCriterion as SpatialClassNLLCriterion
from graphnet.modules.criterions.probabilities import DistKLDivCriterion as DistKLDivCriterion
from graphnet.modules.criterions.probabilities import MultiLabelSoftMarginCriterion as MultiLabelSoftMarginCriterion
from graphnet.modules.criterions.regression import AbsCriterion as AbsCriterion
from graphnet.modules.criterions.regression import BCECriterion as BCECriterion
from graphnet.modules.criterions.regression import L1Cost as L1Cost
from graphnet.modules.criterions.regression import MSECriterion as MSECriterion
from graphnet.modules.criterions.regression import SmoothL1Criterion as SmoothL1Criterion
from graphnet.modules.criterions.regression import WeightedMSECriterion as WeightedMSECriterion
from graphnet.modules.criterions.signed import HingeEmbeddingCriterion as HingeEmbeddingCriterion
from graphnet.modules.criterions.signed import MarginCriterion as MarginCriterion
from graphnet.modules.criterions.signed import SoftMarginCriterion as SoftMarginCriterion

# Cells, and what stands around them.
from graphnet.modules.cells.attention import attending as attending
from graphnet.modules.cells.attention import attention as attention
from graphnet.modules.cells.attention import dot_product_attention as dot_product_attention
from graphnet.modules.cells.bidirectional import bidirectional as bidirectional
from graphnet.modules.cells.char_rnn import char_rnn as char_rnn
from graphnet.modules.cells.gru import gru as gru
from graphnet.modules.cells.layers import stacked as stacked
from graphnet.modules.cells.layers import variational as variational
from graphnet.modules.cells.lstm import lstm as lstm
from graphnet.modules.cells.lstm import lstm_of_eight_linears as lstm_of_eight_linears
from graphnet.modules.cells.lstm_variants import coupled_lstm as coupled_lstm
from graphnet.modules.cells.lstm_variants import layer_norm_lstm as layer_norm_lstm
from graphnet.modules.cells.lstm_variants import peephole_lstm as peephole_lstm
from graphnet.modules.cells.rnn import joined_rnn as joined_rnn
from graphnet.modules.cells.rnn import rnn as rnn
from graphnet.modules.cells.terminal_state import terminal_state as terminal_state
