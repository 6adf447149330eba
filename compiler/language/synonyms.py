"""List the words of other libraries for keys: the key for each, or why there is none.

Asked about keys only that are unknown where they stand.
"""

from __future__ import annotations

from bnnc.compiler.text.tree import Path

# What RMSprop calls so is hardly ever what is meant.
OF_OTHERS = frozenset({"rho"})
# Keys that several sections have, and the one that people mean when they write it elsewhere.
HOMES: dict[str, Path] = {
    "samples": ("prediction",),
    "learning_rate": ("training", "optimizer"),
    "momentum": ("training", "optimizer"),
    "weight_decay": ("training", "optimizer"),
    "loss": (),
    "kl": ("loss",),
    "weight": ("loss", "kl"),
    "temperature": ("loss", "kl"),
    "method": ("bayesian",),
    "prior": ("bayesian",),
    "posterior": ("bayesian",),
    "classes": ("output",),
    "labels": ("output",),
    "distribution": ("output",),
    "parameterization": ("output",),
    "layers": (),
    "name": (),
}
# What other libraries have a word of their own for, and where it is said here.
SAID_AS: dict[str, Path] = {
    **dict.fromkeys(
        ("kl_weight", "kl_loss_weight", "kl_scale", "kl_factor", "complexity_cost_weight"),
        ("loss", "kl", "weight"),
    ),
    **dict.fromkeys(("kl_warmup", "kl_annealing", "annealing_epochs", "kl_warmup_epochs"),
                    ("loss", "kl", "warmup_epochs")),
    **dict.fromkeys(("lr", "base_lr", "lr_start", "initial_lr", "init_lr", "eta"),
                    ("training", "optimizer", "learning_rate")),
    **dict.fromkeys(("lr_scheduler", "lr_schedule", "scheduler", "learning_rate_schedule"),
                    ("training", "optimizer", "learning_rate")),
    **dict.fromkeys(("train_ens", "train_samples"), ("training", "samples")),
    **dict.fromkeys(("bs", "train_batch_size", "per_device_batch_size"),
                    ("training", "batch_size")),
    **dict.fromkeys(("valid_size", "val_size", "validation_size", "val_split", "val_fraction",
                     "validation_fraction", "holdout"), ("data", "validation_split")),
    **dict.fromkeys(("layer_type", "bayesian_method", "inference", "bnn_method", "estimator_type"),
                    ("bayesian", "method")),
    "priors": ("bayesian", "prior"),
    "beta_type": ("loss", "kl", "weight"),
    **dict.fromkeys(("loss_fn", "loss_function", "criterion", "objective"), ("loss", "type")),
    "smoothing": ("loss", "label_smoothing"),
    **dict.fromkeys(("class_weights", "weight_classes"), ("loss", "class_weight")),
    "pos_weight": ("loss", "class_weight"),
    **dict.fromkeys(
        ("balanced", "oversample", "oversampling", "oversample_minority", "undersample",
         "undersampling", "undersample_majority", "resample", "resampling", "sampling_strategy",
         "balance_classes", "class_balance", "weighted_sampler"),
        ("data", "balance"),
    ),
    "likelihood": ("output", "distribution"),
    **dict.fromkeys(("patience", "early_stopping_patience"),
                    ("training", "early_stopping", "patience")),
    **dict.fromkeys(("pretrained_run", "checkpoint", "init_from", "resume_from"),
                    ("training", "initialize_from", "run")),
    **dict.fromkeys(("input_shape", "image_shape", "image_size"), ("input", "shape")),
    **dict.fromkeys(
        ("num_classes", "n_classes", "num_labels", "nb_classes"), ("output", "classes")
    ),
    "from_logits": ("output", "parameterization"),
    **dict.fromkeys(("num_epochs", "n_epochs", "nb_epoch", "max_epochs"), ("training", "epochs")),
    **dict.fromkeys(("random_seed", "random_state"), ("training", "seed")),
    **dict.fromkeys(("mixed_precision", "dtype"), ("training", "precision")),
    **dict.fromkeys(
        ("num_samples", "n_samples", "mc_samples", "num_mc", "num_monte_carlo", "sample_nbr",
         "valid_ens", "test_samples", "eval_samples", "num_test_samples"),
        ("prediction", "samples"),
    ),
    **dict.fromkeys(
        ("ensemble_size", "num_members", "n_members", "num_models", "n_estimators"),
        ("ensemble", "members"),
    ),
    **dict.fromkeys(("dataset", "train_data", "data_path"), ("data", "source")),
    **dict.fromkeys(
        ("class_names", "class_order", "label_names", "target_names"), ("data", "classes")
    ),
    **dict.fromkeys(("prior_scale", "prior_sigma", "prior_std", "prior_stddev", "prior_sigma_1"),
                    ("bayesian", "prior", "scale")),
    **dict.fromkeys(("prior_mu", "prior_mean", "prior_loc"), ("bayesian", "prior", "loc")),
    "prior_sigma_2": ("bayesian", "prior", "narrow_scale"),
    "prior_pi": ("bayesian", "prior", "weight"),
    **dict.fromkeys(
        ("posterior_scale", "posterior_sigma", "posterior_std", "init_sigma", "initial_sigma"),
        ("bayesian", "posterior", "initial_scale"),
    ),
    **dict.fromkeys(("num_inducing", "num_random_features", "random_features", "gp_hidden_dim"),
                    ("bayesian", "gaussian_process", "num_inducing")),
    **dict.fromkeys(("gp_kernel_scale", "kernel_scale", "gp_scale"),
                    ("bayesian", "gaussian_process", "length_scale")),
    **dict.fromkeys(("gp_cov_ridge_penalty", "ridge_penalty", "gp_ridge_penalty"),
                    ("bayesian", "gaussian_process", "amplitude")),
    **dict.fromkeys(("architecture", "network", "model"), ("layers",)),
}  # fmt: skip
# What is to be added to that.
NOTES = dict.fromkeys(
    ("train_ens", "valid_ens"),
    "draws of the weights of one network; several networks are `ensemble: {members: 5}`",
)
# The same within one mapping.
ALSO_CALLED = {
    "units": ("filters",),
    "filters": ("units",),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "num_outputs": ("units", "filters"),
    "output_dim": ("units",),
    "nb_filter": ("filters",),
    "nb_row": ("kernel_size",),
    "border_mode": ("padding",),
    "subsample": ("strides",),
    "kernel_size": ("pool_size",),
    "stride": ("strides",),
    "dilation": ("dilation_rate",),
    "p": ("rate",),
    "probability": ("rate",),
    "bias": ("use_bias",),
    **dict.fromkeys(("bayesian_bias", "bayesian_biases", "bias_posterior"), ("bias",)),
    "nonlinearity": ("activation",),
    "layers": ("body", "branches"),
    "projection": ("shortcut",),
    "skip": ("shortcut",),
    **dict.fromkeys(("n", "count", "num_blocks", "repetitions", "repeats"), ("times",)),
    "mode": ("merge",),
    "loc": ("mean",),
    **dict.fromkeys(("mean", "mu"), ("loc",)),
    "sigma": ("scale", "initial_scale"),
    "std": ("scale", "initial_scale"),
    "stddev": ("scale", "initial_scale"),
    **dict.fromkeys(("spec_norm_bound", "spectral_norm_bound"), ("norm_multiplier",)),
    **dict.fromkeys(("groups", "num_pairs", "antithetic_pairs"), ("pairs",)),
    "num_features": ("num_inducing",),
    "num_random_features": ("num_inducing",),
    "lengthscale": ("length_scale",),
    "prior_scale": ("scale",),
    "prior_sigma": ("scale",),
    **dict.fromkeys(("lr", "lr_start", "initial_lr"), ("learning_rate", "initial_learning_rate")),
    "draws": ("samples",),
    "accumulate_grad_batches": ("gradient_accumulation_steps",),
    "max_grad_norm": ("global_clipnorm",),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "eps": ("epsilon",),
    "beta": ("temperature",),
    "path": ("source",),
    "folder": ("source",),
    "dataset": ("source",),
    "estimator": ("method",),
    "num_samples": ("samples",),
    "from_logits": ("parameterization",),
    **dict.fromkeys(("model", "base_model", "architecture", "network"), ("application",)),
    "pretrained": ("weights",),
}

_FIRST_VALUES = (
    "kernels, and the means of their posteriors, start as draws of He's normal initializer, and "
    "biases start at 0"
)
_PRIOR = "`bayesian.prior` defines the prior of the weights"
_EXACT = "bnnc computes the KL of the posterior in closed form if there is one"
_FOLLOWS = "bnnc computes the input size of a layer from `input.shape` and the layers before it"
_DELETE = "delete it"
DROPOUT = ("dropout", "dropout_rate", "drop_rate")
# Keys that have no counterpart: why, and what there is instead.
NO_COUNTERPART: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "W_regularizer", "l1", "l2"),
        (
            "a penalty on the weights is a prior: an L2 penalty is a normal one",
            "write `bayesian: {method: flipout, prior: {distribution: normal, scale: 0.1}}`; or, "
            "without a posterior, `optimizer: {type: adamw, weight_decay: 0.004}`",
        ),
    ),
    **dict.fromkeys(
        ("kernel_initializer", "bias_initializer", "depthwise_initializer", "initializer"),
        (_FIRST_VALUES, "delete it; for other draws write `training: {seed: 1}`"),
    ),
    **dict.fromkeys(
        ("posterior_mu_init", "posterior_mean", "mu_init", "posterior_mu"), (_FIRST_VALUES, _DELETE)
    ),
    **dict.fromkeys(
        ("kernel_constraint", "bias_constraint"),
        ("weights have no constraint, only a prior", _DELETE),
    ),
    **dict.fromkeys(
        ("kernel_prior_fn", "make_prior_fn", "bias_prior_fn", "kernel_prior_tensor_fn"),
        (_PRIOR, "delete it, and write `prior: {distribution: normal, scale: 1.0}` in `bayesian`"),
    ),
    **dict.fromkeys(
        ("kernel_posterior_fn", "make_posterior_fn", "kernel_posterior_tensor_fn"),
        (
            "`bayesian.posterior` defines the posterior of the weights",
            "delete it, and write `posterior: {distribution: normal, initial_scale: 0.01}` in "
            "`bayesian`",
        ),
    ),
    **dict.fromkeys(
        ("bias_posterior_fn", "bias_posterior_tensor_fn"),
        (
            "biases are deterministic unless `bayesian.bias` is true",
            "delete it; or write `bayesian: {bias: true}`, for a posterior like that of the kernel",
        ),
    ),
    **dict.fromkeys(
        ("kernel_divergence_fn", "kl_use_exact", "bias_divergence_fn"),
        (_EXACT, "delete it, and write `kl: {weight: per_example}` in `loss`"),
    ),
    **dict.fromkeys(
        ("in_channels", "in_features", "input_dim", "input_size"), (_FOLLOWS, _DELETE)
    ),
    **dict.fromkeys(
        ("batch_input_shape", "batch_shape"),
        (_FOLLOWS, "delete it, and write `input: {shape: [28, 28, 1]}` without the batch"),
    ),
    **dict.fromkeys(
        ("data_format", "dim_ordering"),
        ("images are [height, width, channels], Keras's `channels_last`", _DELETE),
    ),
    **dict.fromkeys(
        ("warmup_steps", "num_warmup_steps"),
        (
            "every length is in epochs: divide the steps by the batches of an epoch",
            "write it as `warmup_epochs`, in epochs",
        ),
    ),
    **dict.fromkeys(
        ("decay_steps", "step_size"),
        (
            "every length is in epochs: divide the steps by the batches of an epoch",
            "write it as `decay_epochs`, in epochs",
        ),
    ),
    **dict.fromkeys(
        ("normalize_input", "gp_input_normalization"),
        (
            "the Gaussian process reads the outputs of the layer before it",
            "delete it; if it was true, write `- {type: layer_normalization}` before the last "
            "dense layer",
        ),
    ),
    **dict.fromkeys(
        ("gp_cov_momentum", "gp_cov_discount_factor", "scale_random_features", "gp_kernel_type",
         "gp_random_feature_type", "gp_output_bias", "gp_bias"),
        (
            "bnnc computes the covariance from the training images once, after the training, with "
            "a Gaussian kernel",
            _DELETE,
        ),
    ),
    "gp_mean_field_factor": (
        "predictions average over draws of the Gaussian process, without a mean-field factor",
        "delete it; `prediction: {samples: 32}` sets the number of draws",
    ),
    "monitor": (
        "early stopping watches `val_nll`, the loss of the validation rows without the KL; "
        "`data.validation_split` holds these rows out",
        _DELETE,
    ),
    **dict.fromkeys(
        ("num_workers", "pin_memory", "prefetch", "workers", "use_multiprocessing"),
        ("bnnc reads and prepares batches while the model trains", _DELETE),
    ),
    **dict.fromkeys(
        ("steps_per_epoch", "max_steps", "num_steps", "iterations", "train_steps"),
        (
            "an epoch is one pass over the data, and its steps follow from `batch_size`",
            "delete it; `training: {epochs: 10}` sets the length of the training",
        ),
    ),
    **dict.fromkeys(
        ("save_best_only", "restore_best"),
        (
            "a run keeps its last weights unless `restore_best_weights` is true",
            "write `early_stopping: {patience: 10, restore_best_weights: true}` in `training`",
        ),
    ),
    **dict.fromkeys(
        ("augmentation", "augment", "transforms", "transform", "preprocessing_fn"),
        (
            "augmentation of the images consists of layers before all other layers",
            "write layers such as `- {type: random_flip, mode: horizontal}`",
        ),
    ),
    **dict.fromkeys(
        ("normalize", "normalization", "rescale", "standardize"),
        (
            "`value_range` maps pixels to [0, 1], and `mean` and `std` then standardize them",
            "write `value_range: [0, 255]`, and `mean` and `std`, in `input`",
        ),
    ),
    **dict.fromkeys(
        DROPOUT,
        ("dropout is a layer", "write a separate layer: `- {type: dropout, rate: 0.2}`"),
    ),
    "trainable": ("every layer is trained except a frozen `backbone`", _DELETE),
    "include_top": ("a backbone has no classifier: write its layers after the backbone", _DELETE),
    "reduction": ("the loss is the mean over a batch", _DELETE),
    "shuffle": ("rows are shuffled in every epoch, with `training.seed`", _DELETE),
    "verbose": ("bnnc shows the progress on standard error", _DELETE),
    "metrics": (
        "bnnc always measures accuracy, likelihood, Brier score and calibration",
        "delete it; `bnnc evaluate RUN` prints them",
    ),
    **dict.fromkeys(
        ("callbacks",),
        (
            "a spec describes the model and its training, not Python callbacks",
            "delete it; in Python, `program.fit(callbacks=[...])` takes Keras's callbacks",
        ),
    ),
    **dict.fromkeys(
        ("device", "devices", "gpu", "gpus", "num_gpus", "strategy"),
        ("bnnc uses all accelerators of the machine", _DELETE),
    ),
}  # fmt: skip
RHO = frozenset(
    {"rho", "posterior_rho", "posterior_rho_init", "rho_init", "prior_rho", "initial_rho"}
    | {"untransformed_scale"}
)
# Keys that are told with another one, where that is unknown too: Keras 1 had two for a kernel.
TOLD_WITH = {"nb_col": "nb_row"}
# What the KL is divided by elsewhere.
KL_DIVISORS = frozenset(
    {"scale", "num_examples", "num_data", "num_batches", "dataset_size", "train_size"}
)
