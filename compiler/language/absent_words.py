"""The words of the field that this version of the language does not have, and the nearest to each."""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.text.tree import Json

Mapping = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Nearest:
    """What to write, from the top of a spec, and why it is the nearest."""

    write: Mapping
    why: str

    @property
    def layer(self) -> Mapping | None:
        """The layer to write, if it is one."""
        layers = self.write.get("layers")
        return layers[0] if isinstance(layers, list) and isinstance(layers[0], dict) else None


def _words(text: str, write: Mapping, why: str) -> dict[str, Nearest]:
    return dict.fromkeys(text.split(), Nearest(write, why))


def _method(name: str, **fields: Json) -> Mapping:
    return {"bayesian": {"method": name, **fields}}


def _layer(kind: str, **fields: Json) -> Mapping:
    return {"layers": [{"type": kind, **fields}]}


def _output(distribution: str, parameterization: str, labels: str, **fields: Json) -> Mapping:
    said: Mapping = {"distribution": distribution, "parameterization": parameterization}
    return {"output": {**said, "labels": labels, **fields}}


def _optimizer(kind: str, **fields: Json) -> Mapping:
    return {"training": {"optimizer": {"type": kind, **fields}}}


def _prior(distribution: str, **fields: Json) -> Mapping:
    return {"bayesian": {"prior": {"distribution": distribution, **fields}}}


def _schedule(kind: str, **fields: Json) -> Mapping:
    return _optimizer("sgd", learning_rate={"type": kind, "initial_learning_rate": 0.1, **fields})


_ENSEMBLE: Mapping = {"ensemble": {"members": 5}}
_HEAVY_TAILS = _output("student_t", "loc_and_unconstrained_scale", "real")
_SHARES = _output("relaxed_one_hot_categorical", "logits", "soft", classes=10, temperature=0.5)
_REALS = _output("normal", "loc_and_unconstrained_scale", "real")
_SEVERAL_LABELS = _output("independent_bernoulli", "logits", "multi_hot", classes=10)
_LIKELIHOOD: Mapping = {"loss": {"type": "negative_log_likelihood"}}

ENSEMBLES = frozenset(
    {"ensemble", "ensembles", "deepensemble", "deepensembles", "ensembling", "bagging"}
    | {"bootstrap", "snapshotensemble", "hyperensemble", "committee"}
)
"""Words for several whole networks, which the section `ensemble` describes."""

METHODS = {
    **_words(
        "swag multiswag swagdiagonal stochasticweightaveraginggaussian",
        _method("laplace", layers="last"),
        "it also fits a normal distribution around the trained weights",
    ),
    **_words(
        "swa stochasticweightaveraging",
        _optimizer("adam", use_ema=True),
        "it also predicts with an average of the weights",
    ),
    **_words(
        "ivon vogn von vadam noisyadam noisykfac radial radialbnn fbnn functionalvi pbp "
        "assumeddensityfiltering",
        _method("flipout"),
        "it learns a normal posterior of every weight with gradients",
    ),
    **_words(
        "sgld psgld csgld sgnht sghmc csgmcmc csghmc hmc nuts mcmc langevin gibbs svgd "
        "randomizedprior anchoredensemble evidential edl "
        "priornetworks",
        _ENSEMBLE,
        "its members are several solutions, which disagree on unfamiliar images",
    ),
    **_words(
        "vcl continuallearning laplacepropagation ewc moped",
        {
            "bayesian": {"method": "flipout"},
            "training": {"initialize_from": {"run": "runs/first"}},
        },
        "the posterior starts at the weights of an earlier run",
    ),
    **_words(
        "deepkernel deepkernellearning dkl due duq ddu gp gaussianprocess svgp deepgp vae flow gan "
        "autoencoder",
        _method("sngp"),
        "its last layer is a Gaussian process, which is uncertain about unfamiliar images",
    ),
    **_words(
        "normalizingflow normalizingflows mnf multiplicativenormalizingflow matrixnormal lowrank "
        "fullrank fullcovariance hypernetwork implicit",
        _method("rank_1"),
        "its posterior is a mixture, and the weights of one channel are correlated",
    ),
    **_words(
        "packedensemble packedensembles mimo masksembles treenet",
        _method("batch_ensemble"),
        "its members also share the kernels",
    ),
    **_words(
        "dropconnect gaussiandropout variationaldropout stochasticdepth dropblock",
        _method("mc_dropout"),
        "it keeps the dropout layers active at prediction",
    ),
    **_words("lastlayer subnetworklaplace llla", _method("laplace", layers="last"), "it applies to the last layer"),
}  # fmt: skip

LAYERS = {
    **_words(
        "lstm gru rnn simplernn bidirectional tcn wavenet timedistributed recurrent mamba",
        _layer("conv1d", filters=32, kernel_size=3, padding="causal", activation="relu"),
        "it reads a series in order",
    ),
    **_words("convlstm2d convlstm", _layer("conv2d", filters=32, kernel_size=3, activation="relu"), "it reads an image"),
    **_words(
        "attention multiheadattention selfattention additiveattention transformer "
        "transformerencoder encoderlayer vit visiontransformer patchembedding squeezeexcitation "
        "cbam nonlocal locallyconnected2d locallyconnected capsule involution deformableconv2d",
        _layer("conv2d", filters=32, kernel_size=3, padding="same", activation="relu"),
        "it combines neighbouring positions",
    ),
    **_words(
        "embedding categoryencoding hashing textvectorization positionalembedding onehotencoding "
        "bilinear einsumdense",
        _layer("dense", units=64, activation="relu"),
        "it maps the numbers of an example to features",
    ),
    **_words(
        "instancenormalization instancenorm weightnormalization",
        _layer("group_normalization", groups=8),
        "it normalizes every image separately",
    ),
    **_words(
        "rmsnormalization rmsnorm unitnormalization localresponsenormalization",
        _layer("layer_normalization"),
        "it normalizes every example separately",
    ),
    **_words(
        "gaussiannoise gaussiandropout alphadropout dropblock dropblock2d droppath stochasticdepth "
        "activityregularization",
        _layer("dropout", rate=0.2),
        "it adds noise between layers",
    ),
    **_words(
        "prelu rrelu maxout glu swiglu geglu snake threshold thresholdedrelu crelu",
        _layer("activation", activation="leaky_relu"),
        "it has no weights",
    ),
    **_words(
        "pixelshuffle depthtospace convtranspose1d conv1dtranspose",
        _layer("up_sampling2d", size=2),
        "it also makes a map larger",
    ),
    **_words(
        "adaptiveavgpool1d adaptiveavgpool2d adaptiveaveragepooling2d adaptivemaxpool2d roialign "
        "roipooling spatialpyramidpooling attentionpooling mixturedensity mdn detection yolo ssd "
        "rcnn segmentation unet crf",
        _layer("global_average_pooling2d"),
        "it reduces an image to one row of numbers, for one label",
    ),
    **_words(
        "spectralnorm spectralnormalization spectralnormdense",
        _method("spectral_normalization"),
        "it bounds the kernels of all layers",
    ),
    **_words(
        "randombrightness randomhue randomsaturation randomcolorjitter colorjitter "
        "randomcolordegeneration randomgrayscale randomposterization autocontrast equalization",
        _layer("random_contrast", factor=0.2),
        "it also changes the grey values",
    ),
    **_words(
        "mixup cutmix augmix cutout randomerase",
        _layer("random_erasing", factor=0.5),
        "it hides a part of an image",
    ),
    **_words(
        "randaugment autoaugment randomshear randomperspective randomelastictransform "
        "elastictransform randomaffine",
        _layer("random_rotation", factor=0.05),
        "it also moves the pixels",
    ),
    **_words(
        "densevariationalflow radialdense maskedlinear masksembles",
        _method("flipout"),
        "layers keep their plain names, and `bayesian` gives them posteriors",
    ),
}  # fmt: skip

DISTRIBUTIONS = {
    **_words(
        "beta dirichlet logitnormal logisticnormal kumaraswamy continuousbernoulli",
        _SHARES,
        "it is a distribution over shares that sum to 1",
    ),
    **_words(
        "laplace cauchy logistic huber generalizednormal studentst asymmetriclaplace quantile "
        "mixture gaussianmixture mixturesamefamily mixturedensity mdn normalmixture evidential "
        "normalinversegamma normalizingflow flow",
        _HEAVY_TAILS,
        "it is a distribution over real numbers, with heavier tails than the normal",
    ),
    **_words(
        "multivariatenormal multivariatenormaldiag multivariatenormaltril mvn",
        _output("normal", "loc_and_unconstrained_scale", "real", event_size=2),
        "the numbers are independent of each other",
    ),
    **_words(
        "gamma inversegamma lognormal weibull exponential halfnormal pareto inversegaussian tweedie",
        _REALS,
        "use the logarithms of positive numbers as labels, which are real numbers",
    ),
    **_words("truncatednormal uniform vonmises gumbel heteroscedastic", _REALS, "it is a distribution over real numbers"),
    **_words(
        "negativebinomial zeroinflatedpoisson binomial betabinomial geometric "
        "zeroinflatednegativebinomial conwaymaxwellpoisson",
        _output("poisson", "log_rate", "count"),
        "it is a distribution over counts",
    ),
    **_words(
        "segmentation detection boundingbox mask keypoints heatmap",
        _SEVERAL_LABELS,
        "it predicts which things are in an image, but not where",
    ),
}  # fmt: skip

LOSSES = {
    **_words(
        "focal focalloss sigmoidfocal binaryfocalcrossentropy categoricalfocalcrossentropy dice "
        "tversky iou jaccard lovasz classbalanced",
        _LIKELIHOOD,
        "`class_weight: balanced` in `loss` gives rare classes more weight",
    ),
    **_words(
        "hinge squaredhinge categoricalhinge multimargin triplet tripletmargin contrastive "
        "supcon arcface cosface centerloss infonce ntxent cosinesimilarity polyloss evidential",
        _LIKELIHOOD,
        "it scores the probability of the label, and uncertainty needs probabilities",
    ),
    **_words(
        "huber smoothl1 l1 mae meanabsoluteerror logcosh quantile pinball tukey",
        {**_HEAVY_TAILS, **_LIKELIHOOD},
        "it has heavy tails like this loss",
    ),
    **_words(
        "rmse rootmeansquarederror mape meanabsolutepercentageerror msle "
        "meansquaredlogarithmicerror gaussiannll crps",
        {**_REALS, **_LIKELIHOOD},
        "it scores real numbers and their uncertainty",
    ),
    **_words(
        "kl kldivergence klloss crossentropywithsoftlabels iwae alphadivergence renyi vbelbo ctc "
        "wasserstein mmd",
        _LIKELIHOOD,
        "`loss.kl` adds the KL of the posterior to it",
    ),
}  # fmt: skip

OPTIMIZERS = {
    **_words("lamb lars shampoo sophia muon novograd adopt madgrad", _optimizer("adamw"), "it also decays the weights"),
    **_words("adafactor rprop asgd adadelta", _optimizer("rmsprop"), "it scales each step by past gradients"),
    **_words("ftrl", _optimizer("adagrad"), "it also sums past squared gradients"),
    **_words(
        "lbfgs bfgs newton conjugategradient kfac gaussnewton levenbergmarquardt radam adabelief "
        "adabound yogi lookahead ranger sam asam amsgrad lossscaleoptimizer",
        _optimizer("adam"),
        "it uses gradients of batches, and scales each step",
    ),
    **_words("swa averaging polyak ema", _optimizer("adam", use_ema=True), "it averages the weights"),
    **_words("sgdr", _schedule("cosine_decay"), "the rate decreases once, along a cosine"),
    **_words("nesterov nag", _optimizer("sgd", momentum=0.9, nesterov=True), "it is an argument of `sgd`"),
    **_words("momentum sgdm", _optimizer("sgd", momentum=0.9), "it is an argument of `sgd`"),
    **_words(
        "ivon vogn vadam noisyadam",
        {**_method("flipout"), **_optimizer("adam")},
        "it learns a normal posterior of every weight with gradients",
    ),
    **_words("sgld psgld sghmc hmc", {**_ENSEMBLE, **_optimizer("adam")}, "its members are several solutions"),
}  # fmt: skip

SCHEDULES = {
    **_words(
        "onecycle onecyclelr cosineannealing cosineannealinglr cosineannealingwarmrestarts "
        "cosinedecayrestarts cosinewithwarmup cyclic cycliclr warmup noam sgdr",
        _schedule("cosine_decay"),
        "the rate decreases once, along a cosine; with `warmup_epochs` and `warmup_target` it rises first",
    ),
    **_words(
        "steplr step inversetimedecay reducelronplateau reduceonplateau plateau exponentiallr",
        _schedule("exponential_decay", decay_rate=0.5, decay_epochs=3, staircase=True),
        "the rate decreases by a factor every few epochs",
    ),
    **_words(
        "linear lineardecay linearlr polylr",
        _schedule("polynomial_decay", end_learning_rate=0.001, decay_epochs=10),
        "with the default `power: 1.0` it is linear",
    ),
}

PRIORS = {
    **_words(
        "horseshoe regularizedhorseshoe spikeandslab spikeslab loguniform bernoulligaussian",
        _prior("scale_mixture"),
        "it keeps most weights near 0 and allows a few large ones",
    ),
    **_words(
        "matrixnormal hierarchical inversegamma gamma halfcauchy halfnormal ard empirical "
        "multivariatenormal mvn lognormal wishart",
        _prior("normal", scale="learned"),
        "its scale is learned with the weights",
    ),
    **_words("cauchy", _prior("student_t", df=3.0), "its tails are also heavy"),
    **_words("uniform flat improper", _prior("normal", scale=10.0), "it is a wide prior"),
    **_words(
        "gp gaussianprocess functional vamp flow",
        _prior("normal"),
        "it is a prior over the weights",
    ),
}

POSTERIORS = {
    **_words(
        "matrixnormal multivariatenormal mvn lowrank fullrank fullcovariance laplace student "
        "studentt mixture flow normalizingflow radial implicit scalemixture",
        _method("rank_1"),
        "its posterior is a mixture, and the weights of one channel are correlated",
    ),
}

ACTIVATIONS = {
    **_words("prelu rrelu snake sine swiglu glu geglu maxout threshold elish", {"activation": "leaky_relu"}, "it has no weights"),
    **_words("heaviside step sign hardmax argmax", {"activation": "hard_sigmoid"}, "it has a gradient"),
}  # fmt: skip

TABLES = {
    "method": METHODS,
    "layer": LAYERS,
    "distribution": DISTRIBUTIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "learning_rate": SCHEDULES,
    "prior": PRIORS,
    "posterior": POSTERIORS,
    "activation": ACTIVATIONS,
}
"""The words by what they name, in lower case without signs, with the nearest to each."""
