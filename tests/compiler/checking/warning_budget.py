"""How many warnings the right specs of the generator have, by code, and why each is right there.

The generator draws what the language allows, sensible or not. A rule that is not here warns of none
of these specs. After a change of the generator the counts are taken anew; after a change of a rule
they are not, unless the specs that it finds now deserve its warning.
"""

BUDGET: dict[str, tuple[int, str]] = {
    "BNN222": (18, "separable layers are drawn with a method, which reaches neither kernel"),
    "BNN229": (2, "backbones have random weights, so that none are downloaded"),
    "BNN252": (1, "a crop may have the size of its image"),
    "BNN260": (120, "the data are files of a person's own, which are not there"),
    "BNN320": (1, "a dropout may be the last layer"),
    "BNN346": (30, "losses of Keras are drawn with a KL"),
    "BNN404": (5, "a training has three epochs at most, and a warm-up may be longer"),
    "BNN406": (12, "samples are drawn for deterministic models too"),
    "BNN407": (30, "one sample is drawn for Bayesian models too"),
    "BNN410": (31, "batch normalization is drawn after any layer"),
    "BNN411": (37, "weight decay is drawn with a KL"),
    "BNN412": (8, "scales of prior and posterior are drawn apart"),
    "BNN413": (17, "dropout is drawn after any layer"),
    "BNN414": (20, "a KL may have the weight 0"),
    "BNN415": (52, "a KL is drawn for models without a posterior"),
    "BNN418": (53, "a prior is drawn for models without a posterior"),
    "BNN424": (6, "a training has three epochs at most, and there may be more cycles"),
    "BNN425": (43, "a rate of the scales is drawn for models without any"),
    "BNN426": (22, "several draws a step are drawn for deterministic models"),
    "BNN427": (1, "early stopping has little patience, and a warm-up may be longer"),
    "BNN436": (43, "a posterior on biases is drawn for methods without one"),
    "BNN452": (26, "batches are drawn apart from the number of members"),
    "BNN453": (32, "samples are drawn apart from the number of members"),
    "BNN456": (15, "layers name methods of their own, learned dropout before a posterior too"),
    "BNN459": (6, "batch normalization is drawn after any layer"),
    "BNN470": (21, "an ensemble may have one member"),
    "BNN473": (2, "label smoothing is drawn under a Laplace approximation too"),
    "BNN480": (3, "a learned scale of the prior is drawn apart from weight decay"),
    "BNN501": (3, "scales are drawn apart from the width of layers"),
    "BNN503": (32, "rates are drawn apart from optimizers"),
    "BNN504": (3, "a schedule may leave a training too little of its rate"),
    "BNN507": (4, "dropout may drop half of a narrow layer's numbers"),
    "BNN509": (10, "activations are drawn for hidden layers too"),
    "BNN510": (137, "a layer may have no activation"),
    "BNN512": (2, "a backbone may stand before a Gaussian process"),
    "BNN606": (21, "a training has three epochs at most, and patience may be as long"),
    "BNN616": (12, "a momentum of averages is drawn without averages"),
    "BNN618": (6, "nesterov is drawn apart from momentum"),
    "BNN619": (1, "a decay may be longer than the training"),
}
