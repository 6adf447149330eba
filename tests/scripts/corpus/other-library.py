# A script of a library that is not read.
import torch
from blitz.modules import BayesianConv2d, BayesianLinear
from blitz.utils import variational_estimator


@variational_estimator
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = BayesianConv2d(1, 6, (5, 5))
        self.head = BayesianLinear(84, 10)
